import type * as mongodb from 'mongodb'
import { ConfigError } from '../../lib/core/errors.ts'
import { needed, optional } from '../../lib/core/optional-package.ts'

/** The only file that knows the package mongodb (6 or 7). Elsewhere its clients are known by their shape: see `client.ts`. */

export type { MongoClient, MongoClientOptions } from 'mongodb'

/** Throws `MissingDependency` if mongodb is not installed. */
export function checkInstalled(neededBy: string): void {
  needed('mongodb', neededBy)
}

/** A client of our own, not connected yet. @param ms how long an operation may take */
export function newClient(
  url: string,
  options: mongodb.MongoClientOptions | undefined,
  ms: number,
  neededBy: string,
): mongodb.MongoClient {
  const { MongoClient } = optional<typeof mongodb>('mongodb', neededBy)
  try {
    return new MongoClient(url.replace(TIMEOUT_IN_URL, ''), settingsOf(options, ms))
  } catch (error) {
    // Without the error as the cause: it may quote the URL, and the password in it.
    const words = (error as Error).message
      .replace(/"mongodb[^"]*"/g, 'of the URL')
      .replace(/mongodb(\+srv)?:\/\/\S*/g, '')
    throw new ConfigError(`The package mongodb does not take the URL or the options of ${neededBy}: ${words}`)
  }
}

/**
 * Closes a client. The driver says goodbye to the server first, and waits forever if the connection is lost over that
 * (7.8); then its connections are closed without a goodbye.
 * @param ms how long the goodbye may take
 */
export async function closeClient(client: mongodb.MongoClient, ms: number): Promise<void> {
  // The driver's own timers keep the process alive until then.
  const timer = setTimeout(() => (client as { topology?: { close?(): void } }).topology?.close?.(), ms).unref()
  try {
    await client.close()
  } catch {
    // It is closed all the same.
  } finally {
    clearTimeout(timer)
  }
}

/**
 * An option that does not reach the driver: before 6.22 and 7.8 an operation that it ends leaves its connection one answer
 * behind, and the next caller gets the answer of another; later it does nothing.
 */
const TIMEOUT_IN_URL = /(?<=[?&])timeoutMS=[^&]*&?/gi

function settingsOf(options: mongodb.MongoClientOptions = {}, ms: number): mongodb.MongoClientOptions {
  const { timeoutMS: _, ...given } = options
  // Longer than our own limit, so that ours comes first and these only clean up behind it.
  const patience = Math.min(2 * ms, 2 ** 31 - 1)
  return {
    appName: 'polycache',
    connectTimeoutMS: patience,
    serverSelectionTimeoutMS: patience,
    socketTimeoutMS: patience,
    waitQueueTimeoutMS: patience,
    ...given,
  }
}
