// A YAML language server as an editor runs it: a child process spoken to over the Language Server Protocol.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const command = fileURLToPath(new URL('../../node_modules/.bin/yaml-language-server', import.meta.url))

/** Counts from 0, as the protocol does. */
export type Place = { readonly line: number; readonly character: number }

export type EditorDiagnostic = {
  readonly range: { readonly start: Place; readonly end: Place }
  readonly message: string
}

export type Completion = { readonly label: string; readonly insertText?: string; readonly documentation?: unknown }

type Message = {
  readonly id?: number | string
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** What the server asks its editor for, one section each. */
const settings: Readonly<Record<string, unknown>> = {
  yaml: {
    validate: true,
    hover: true,
    completion: true,
    // Only the schema that the file itself names; nothing from the network.
    schemaStore: { enable: false, url: '' },
    kubernetesCRDStore: { enable: false, url: '' },
  },
}

export class LanguageServer {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #replies = new Map<number, (message: Message) => void>()
  readonly #diagnostics = new Map<string, (diagnostics: readonly EditorDiagnostic[]) => void>()
  #unread: Buffer = Buffer.alloc(0)
  #lastId = 0

  private constructor() {
    this.#child = spawn(process.execPath, [command, '--stdio'], { stdio: 'pipe' })
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  static async start(folder: string): Promise<LanguageServer> {
    const server = new LanguageServer()
    const rootUri = pathToFileURL(folder).href
    await server.#request('initialize', {
      processId: process.pid,
      rootUri,
      workspaceFolders: [{ uri: rootUri, name: 'project' }],
      capabilities: {
        workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
        textDocument: {
          completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
          hover: { contentFormat: ['markdown'] },
          publishDiagnostics: {},
        },
      },
    })
    server.#notify('initialized', {})
    return server
  }

  /** Opens a file as if it had this text; gives what the server underlines in it. */
  async open(file: string, text: string): Promise<readonly EditorDiagnostic[]> {
    const uri = pathToFileURL(file).href
    const diagnostics = new Promise<readonly EditorDiagnostic[]>((resolve) => this.#diagnostics.set(uri, resolve))
    this.#notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } })
    return diagnostics
  }

  async complete(file: string, position: Place): Promise<readonly Completion[]> {
    const textDocument = { uri: pathToFileURL(file).href }
    const result = (await this.#request('textDocument/completion', { textDocument, position })) as {
      readonly items: readonly Completion[]
    } | null
    return result?.items ?? []
  }

  /** Markdown; null where there is nothing to show. */
  async hover(file: string, position: Place): Promise<string | null> {
    const textDocument = { uri: pathToFileURL(file).href }
    const result = (await this.#request('textDocument/hover', { textDocument, position })) as {
      readonly contents: { readonly value: string }
    } | null
    return result === null ? null : result.contents.value
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    await this.#request('shutdown', null)
    this.#notify('exit', null)
    await ended
  }

  async #request(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#lastId
    const reply = new Promise<Message>((resolve) => this.#replies.set(id, resolve))
    this.#send({ id, method, params })
    const { result, error } = await reply
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  #notify(method: string, params: unknown): void {
    this.#send({ method, params })
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk])
    for (;;) {
      const headerEnd = this.#unread.indexOf('\r\n\r\n')
      if (headerEnd === -1) return
      const length = Number(/Content-Length: (\d+)/.exec(this.#unread.toString('utf8', 0, headerEnd))?.[1])
      const end = headerEnd + 4 + length
      if (this.#unread.length < end) return
      const message = JSON.parse(this.#unread.toString('utf8', headerEnd + 4, end)) as Message
      this.#unread = this.#unread.subarray(end)
      this.#handle(message)
    }
  }

  #handle({ id, method, params, result, error }: Message): void {
    if (method === undefined) {
      if (typeof id === 'number') this.#replies.get(id)?.({ result, ...(error === undefined ? {} : { error }) })
    } else if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: readonly EditorDiagnostic[] }
      this.#diagnostics.get(uri)?.(diagnostics)
    } else if (id !== undefined) {
      const { items = [] } = (params ?? {}) as { items?: readonly { readonly section?: string }[] }
      const answer =
        method === 'workspace/configuration' ? items.map(({ section = '' }) => settings[section] ?? {}) : null
      this.#send({ id, result: answer })
    }
  }
}
