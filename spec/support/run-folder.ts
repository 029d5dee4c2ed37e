import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * One temporary folder for all that this process makes: the folders of servers (each with its `pid`) and of specs. A reaper
 * waits for this process to end, in whatever way, SIGKILL too; then it kills the servers that are left, and removes the folder.
 */
let folder: string | undefined

// The pipe to its standard input is all that links the reaper to us: the kernel closes it when we are gone.
const REAPER = `
  trap '' INT TERM HUP
  cat >/dev/null
  for pid in "$0"/*/pid; do [ -f "$pid" ] && kill -9 "$(cat "$pid")"; done
  for turn in 1 2 3; do rm -rf "$0" && break; sleep 1; done
`

/** A new empty folder, which is removed after the run. */
export function tempFolder(name = 'folder'): string {
  folder ??= begin()
  return mkdtempSync(join(folder, `${name}-`))
}

/** Notes the process that lives in a folder, so that it does not outlive the run. */
export function notePid(inFolder: string, pid: number): void {
  writeFileSync(join(inFolder, 'pid'), String(pid))
}

function begin(): string {
  const made = mkdtempSync(join(tmpdir(), 'polycache-spec-'))
  // Detached, so that Ctrl+C in the terminal reaches us and not the reaper.
  const reaper = spawn('sh', ['-c', REAPER, made], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  reaper.unref()
  ;(reaper.stdin as unknown as { unref(): void }).unref()
  return made
}
