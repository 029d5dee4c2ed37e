let moment: number | undefined

/**
 * The time to about a millisecond: read once, and again when a timer of 1 ms has come by. That spares most uses the reading, which
 * costs more than all the rest of a hit; but in a long synchronous run no timer comes by, and the time stands still.
 */
export function coarseNow(): number {
  if (moment === undefined) {
    moment = Date.now()
    setTimeout(forget, 1).unref?.()
  }
  return moment
}

function forget(): void {
  moment = undefined
}
