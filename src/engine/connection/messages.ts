// What a long call of the engine tells while it goes on: a JSON object a line.

export type Message = {
  readonly stream?: string
  readonly status?: string
  readonly id?: string
  readonly error?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  /** Base64 in the messages of BuildKit. */
  readonly aux?: unknown
}

export async function* messages(stream: NodeJS.ReadableStream): AsyncGenerator<Message> {
  let rest = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Message
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Message
}
