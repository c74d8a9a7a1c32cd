// Commands in a container that are none of a person's.

export type Command = {
  readonly argv: readonly string[]
  readonly user: 'agent' | 'root'
  readonly input?: string
  /** What for; completes "while trying to". */
  readonly doing: string
  /** In milliseconds; 60,000 where it is not said. */
  readonly limit?: number
}

export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Its input and output are streams. */
export type PipedCommand = {
  readonly argv: readonly string[]
  readonly user: 'agent' | 'root'
  readonly env?: Readonly<Record<string, string>>
  /** The image's own where it is not said. */
  readonly workingFolder?: string
  /** What for; completes "while trying to". */
  readonly doing: string
}

/** Without input the command's is at its end from the start. The output is ended when the command has. */
export type PipedStreams = {
  readonly input?: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}
