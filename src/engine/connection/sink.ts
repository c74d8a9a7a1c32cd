/** Takes what a session writes, at the pace of who reads it. */
export type Sink = {
  write(piece: Buffer): Promise<void>
  /** Why writing failed, undefined where it did not or where the reader only went away, as `head` does. */
  failure(): Error | undefined
  forget(): void
}

/**
 * Where writing fails, the rest goes nowhere: the connection has to be read to its end all the same, because an engine
 * that cannot deliver takes the session for ended while it runs on (seen on 20.10).
 */
export function sinkTo(output: NodeJS.WritableStream, onFailure: () => void): Sink {
  let isGone = false
  let failure: Error | undefined
  let goOn = (): void => undefined
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') failure ??= error
    isGone = true
    goOn()
    onFailure()
  }
  const onDrain = (): void => goOn()
  // One that was destroyed takes nothing, and says neither that it failed nor that it goes on.
  const onClose = (): void => {
    isGone = true
    goOn()
  }
  output.on('error', onError)
  output.on('drain', onDrain)
  output.on('close', onClose)
  return {
    async write(piece) {
      if (isGone || output.write(piece)) return
      await new Promise<void>((resolve) => (goOn = resolve))
    },
    failure: () => failure,
    forget() {
      output.off('error', onError)
      output.off('drain', onDrain)
      output.off('close', onClose)
    },
  }
}
