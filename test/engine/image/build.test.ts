// Images built by both builders of an engine, in one way to the eye.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectDocker } from '../../../src/engine/docker.js'
import type { Engine } from '../../../src/model/engine.js'
import { labels } from '../../../src/model/names.js'
import type { BuildContext, ImageStep } from '../../../src/model/template.js'
import { makeDockerSubject, type DockerSubject } from '../support/docker.js'

let subject: DockerSubject
beforeAll(async () => {
  subject = await makeDockerSubject()
})
afterAll(async () => {
  await subject.close()
})

function buildOf(name: string, dockerfile: string, more: Partial<BuildContext> = {}): ImageStep {
  return {
    ...{ do: 'build-image', tag: `localhost/sbx_${subject.scope}-${name}:1`, aliases: [] },
    context: {
      ...{ files: { Dockerfile: { mode: 0o644, text: dockerfile } }, dockerfile: 'Dockerfile', buildArgs: {} },
      labels: { [labels.scope]: subject.scope, [labels.sandbox]: 'build-000001' },
      ...more,
    },
  }
}

describe.each(['classic', 'buildkit'])('a build by %s', (builder) => {
  let engine: Engine
  /** What nobody can pull: a build that asked for it would fail. */
  let parent: string
  beforeAll(async () => {
    engine = connectDocker({ endpoint: subject.endpoint, scope: subject.scope, env: { SBX_BUILDER: builder } })
    parent = `localhost:1/${subject.scope}/${builder}:1`
    await subject.docker.getImage(subject.image).tag({ repo: parent.slice(0, -2), tag: '1' })
  })
  afterAll(async () => {
    engine.close()
    await subject.docker.getImage(parent).remove()
  })

  /** The steps and what they printed, without what only one of the builders says. */
  async function linesOf(step: ImageStep): Promise<string[]> {
    const lines: string[] = []
    await engine.perform(step, (said) => typeof said === 'string' && lines.push(said))
    return lines.filter((line) => /^Step \d+\/\d+ : (FROM|RUN|COPY)|^ ---> Using cache|^printed/.test(line))
  }

  test('stands on what the engine has, and does once what it has done', async () => {
    // Of this run alone: a cache outlives it.
    const run = `RUN echo printed $((1+1)) for ${subject.scope}; echo printed once more >&2`
    const dockerfile = `FROM ${parent} AS first\n${run}\nRUN touch /made\n`
    const lines = await linesOf(buildOf(`${builder}-a`, dockerfile))
    expect(lines.map((line) => line.replace(/ \d+\/\d+ /, ' ')).sort()).toEqual(
      [
        ...[`Step : FROM ${parent}${builder === 'classic' ? ' AS first' : ''}`, 'Step : RUN touch /made'],
        ...[`Step : ${run}`, `printed 2 for ${subject.scope}`, 'printed once more'],
      ].sort(),
    )
    const again = await linesOf(buildOf(`${builder}-b`, `${dockerfile}RUN touch /more\n`))
    expect(again.filter((line) => line === ' ---> Using cache')).toHaveLength(2)
    expect(again.filter((line) => line.startsWith('printed'))).toEqual([])
  })

  test('that fails tells the step, what it printed, and where it is written', async () => {
    const at = { file: '/x/sandbox.yaml', line: 7, column: 3 }
    // The label goes first, so that what is left of it is found again.
    const first = `FROM ${parent}\nLABEL ${labels.scope}=${subject.scope}\n`
    const dockerfile = `${first}RUN true\nRUN ["/bin/sh","-ec","echo it is $((1+1)); exit 3"]\nRUN true\n`
    const step = buildOf(`${builder}-fails`, dockerfile, { lastLines: [undefined, at, undefined] })
    await expect(engine.perform(step)).rejects.toMatchObject({
      diagnostics: [
        {
          ...{ code: 'engine/build-failed', at },
          detail: expect.stringMatching(
            /:1 failed at: Step \d\/\d : RUN \["\/bin\/sh","-ec","echo it is .*exit 3"\]\nit is 2\n.*code: 3$/,
          ) as string,
        },
      ],
    })
  })

  test('of a Dockerfile with a mistake tells the mistake', async () => {
    await expect(engine.perform(buildOf(`${builder}-wrong`, 'FROM scratch\nRUNN x\n'))).rejects.toMatchObject({
      diagnostics: [{ detail: expect.stringMatching(/line 2: unknown instruction: RUNN/i) as string }],
    })
  })

  test('that stands on what no registry gives says so', async () => {
    const step = buildOf(`${builder}-none`, 'FROM localhost:1/no-such-image:1\nRUN true\n')
    await expect(engine.perform(step)).rejects.toMatchObject({ diagnostics: [{ code: 'engine/cannot-pull' }] })
  })
})

test.each([
  ['2', '2'],
  ['1', null],
  [undefined, null],
])('an engine that says it builds with %s is asked for version %s', async (said, asked) => {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-build-'))
  const path = join(folder, 'engine.sock')
  const versions: (string | null)[] = []
  const server = createServer((request, answer) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine')
    if (said !== undefined) answer.setHeader('Builder-Version', said)
    if (pathname === '/build') versions.push(searchParams.get('version'))
    answer.statusCode = pathname.startsWith('/images/') ? 404 : 200
    request.resume().once('end', () => answer.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const engine = connectDocker({ endpoint: { kind: 'unix', url: `unix://${path}`, path }, scope: subject.scope })
  try {
    await engine.perform(buildOf('asked', 'FROM scratch\n'))
    expect(versions).toEqual([asked])
  } finally {
    engine.close()
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  }
})

test('SBX_BUILDER names a builder or nothing', () => {
  const connect = (name: string) =>
    connectDocker({ endpoint: subject.endpoint, scope: subject.scope, env: { SBX_BUILDER: name } })
  expect(() => connect('kaniko')).toThrow('engine/builder')
  connect('').close()
})
