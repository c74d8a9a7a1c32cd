import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { BuildContext, ImageSource, ImageStep } from '../../src/model/template.js'
import { builtInFolder, builtInNames, builtInTemplate } from '../../src/template/built-in.js'
import { readTemplateFolder } from '../../src/template/folder.js'
import { builtInImage, folderImage, namedImage } from '../../src/template/image.js'
import { setupImage } from '../../src/template/setup.js'
import { certificate, diagnosticsOf, folder, write } from './fixture.js'

const sandbox = { scope: '', sandboxId: 'web-3f2a1c' }
const setup = [
  'apt-get update && apt-get install -y postgresql-client',
  'cat > /etc/x <<EOF\nprice: $1 \\\n"two"\nEOF\n',
]

function references(image: ImageSource): readonly string[] {
  return image.steps.map((step) => (step.do === 'build-image' ? step.tag : step.reference))
}

function lastContext(image: ImageSource): BuildContext {
  const step = image.steps.at(-1)
  if (step?.do !== 'build-image') return expect.fail('the last step is not a build')
  return step.context
}

function dockerfileOf(image: ImageSource): string {
  const file = lastContext(image).files.Dockerfile
  return file !== undefined && 'text' in file ? file.text : expect.fail('the Dockerfile is not a text')
}

/** Steps as a page to read; tags of templates that come with sbx change with every edit of theirs. */
function page(steps: readonly ImageStep[]): string {
  const text = steps.map((step) => {
    if (step.do === 'pull-image') return `pull ${step.reference}\n`
    const { files, buildArgs, labels } = step.context
    const entries = Object.entries(files).map(([path, file]) => {
      const what = 'link' in file ? `-> ${file.link}` : 'text' in file ? '' : 'from the host'
      return `  ${file.mode.toString(8)} ${path} ${what}`.trimEnd()
    })
    const dockerfile = files.Dockerfile !== undefined && 'text' in files.Dockerfile ? files.Dockerfile.text : ''
    return [
      `build ${step.tag}`,
      ...step.aliases.map((alias) => `  also ${alias}`),
      ...Object.entries(buildArgs).map(([name, value]) => `  argument ${name}=${value}`),
      ...Object.entries(labels).map(([name, value]) => `  label ${name}=${value}`),
      ...entries.sort(),
      ...dockerfile
        .trimEnd()
        .split('\n')
        .map((line) => `  | ${line}`.trimEnd()),
      '',
    ].join('\n')
  })
  return text.join('\n').replaceAll(/(localhost\/sbx-(?:base|claude|shell)):[0-9a-f]{12}/g, '$1:<hash>')
}

describe('a template that comes with sbx', () => {
  test('is built on base, each tagged by its content and as latest', () => {
    const image = builtInImage('claude', { certificates: null })
    expect(references(image)).toEqual([
      expect.stringMatching(/^localhost\/sbx-base:[0-9a-f]{12}$/),
      expect.stringMatching(/^localhost\/sbx-tools:[0-9a-f]{12}$/),
      expect.stringMatching(/^localhost\/sbx-claude:[0-9a-f]{12}$/),
    ])
    expect(image.reference).toBe(`localhost/sbx-claude:${image.recipe}`)
    expect(image.movable).toBe(false)
    expect(image.steps.map((step) => (step.do === 'build-image' ? step.aliases : []))).toEqual([
      ['localhost/sbx-base:latest'],
      ['localhost/sbx-tools:latest'],
      ['localhost/sbx-claude:latest'],
    ])
    expect(builtInImage('claude', { certificates: null })).toEqual(image)
  })

  test('stands on the exact image of the tools and is of the version that its description says', () => {
    const image = builtInImage('claude', { certificates: null })
    expect(dockerfileOf(image).match(/^FROM .*/gm)).toEqual([`FROM ${references(image)[1]}`])
    expect(lastContext(image).buildArgs).toEqual({ VERSION: builtInTemplate('claude').descriptor.version })
  })

  test("has another tag with other authorities of the host's, and they are in base alone", () => {
    const without = builtInImage('claude', { certificates: null })
    const image = builtInImage('claude', { certificates: certificate('AAAA') })
    for (const reference of references(image)) expect(references(without)).not.toContain(reference)
    const [base, tools, claude] = image.steps.map((step) =>
      step.do === 'build-image' ? Object.keys(step.context.files) : [],
    )
    expect(base?.sort()).toEqual([
      'Dockerfile',
      'ca-certificates/README',
      expect.stringMatching(/^ca-certificates\/host-/),
    ])
    expect(tools).toEqual(['Dockerfile'])
    expect(claude).toEqual(['Dockerfile'])
  })

  test('the base is whatever the engine has under the name of Debian, on any processor', () => {
    const dockerfile = readFileSync(`${builtInFolder('base')}/Dockerfile`, 'utf8')
    expect(dockerfile.match(/^(?:FROM|ARG) .*/gm)).toEqual(['FROM debian:bookworm-slim'])
    for (const name of builtInNames()) {
      expect(readFileSync(`${builtInFolder(name)}/Dockerfile`, 'utf8')).not.toMatch(/x64|amd64|x86/)
    }
  })
})

describe('a folder', () => {
  test('is tagged by its content', () => {
    const path = folder({ Dockerfile: 'FROM debian:bookworm\nCOPY x /x\n', x: 'one' })
    const one = folderImage(readTemplateFolder(path), { certificates: null })
    expect(one.reference).toMatch(/^localhost\/sbx-template-sbx-template-[a-z0-9-]+:[0-9a-f]{12}$/)
    expect(references(one)).toEqual([one.reference])
    write(`${path}/x`, 'two')
    expect(folderImage(readTemplateFolder(path), { certificates: null }).reference).not.toBe(one.reference)
  })

  test('on templates of ours has them built first, once each', () => {
    const path = folder({
      Dockerfile: 'FROM localhost/sbx-claude AS c\nFROM localhost/sbx-shell\nCOPY --from=c /x /x\n',
    })
    const image = folderImage(readTemplateFolder(path), { certificates: certificate('AAAA') })
    const [claude, shell] = ['claude', 'shell'].map(
      (name) => builtInImage(name, { certificates: certificate('AAAA') }).reference,
    )
    expect(references(image)).toEqual([
      ...['base', 'tools'].map((name) => builtInImage(name, { certificates: certificate('AAAA') }).reference),
      claude,
      shell,
      image.reference,
    ])
    expect(dockerfileOf(image)).toBe(`FROM ${claude} AS c\nFROM ${shell}\nCOPY --from=c /x /x\n`)
  })

  test('on one that is not there says so', async () => {
    const path = folder({ Dockerfile: 'FROM localhost/sbx-cluade\n' })
    const diagnostics = await diagnosticsOf(() => folderImage(readTemplateFolder(path), { certificates: null }))
    expect(diagnostics).toMatchObject([
      { code: 'template/unknown-parent', detail: expect.stringContaining('Did you mean localhost/sbx-claude?') },
    ])
  })
})

describe('setup', () => {
  const image = namedImage('debian:bookworm')

  test('without commands the image is used as it is', () => {
    expect(setupImage(image, { ...sandbox, setup: [], certificates: certificate('AAAA') })).toEqual(image)
    expect(image).toEqual({
      reference: 'debian:bookworm',
      recipe: '',
      movable: true,
      steps: [{ do: 'pull-image', reference: 'debian:bookworm' }],
    })
  })

  test('on an image', async () => {
    const { steps } = setupImage(image, { ...sandbox, setup, certificates: certificate('AAAA') })
    await expect(page(steps)).toMatchFileSnapshot('golden/setup-on-image.txt')
  })

  test('on a folder on a template of ours', async () => {
    const path = folder({
      'python/Dockerfile': 'FROM localhost/sbx-claude\nCOPY bin /usr/local/bin\n',
      'python/bin/serve': { text: 'python3 -m http.server\n', mode: 0o755 },
      'python/bin/s': { link: 'serve' },
    })
    const built = folderImage(readTemplateFolder(`${path}/python`), { certificates: null })
    const { steps } = setupImage(built, {
      scope: 'test1',
      sandboxId: 'web-3f2a1c',
      setup: setup.slice(0, 1),
      certificates: null,
    })
    // Without the templates of ours, whose Dockerfiles change.
    const text = page(steps.slice(-2)).replaceAll(/(python|web-3f2a1c):[0-9a-f]{12}/g, '$1:<hash>')
    await expect(text).toMatchFileSnapshot('golden/setup-on-folder.txt')
  })

  test('a changed command keeps the layers before it', () => {
    const lines = (commands: readonly string[]): readonly string[] =>
      dockerfileOf(setupImage(image, { ...sandbox, setup: commands, certificates: null })).split('\n')
    const [before, after] = [lines(['one', 'two', 'three']), lines(['one', 'zwei', 'three'])]
    const changed = before.flatMap((line, at) => (line === after[at] ? [] : [at]))
    expect(changed).toEqual([before.indexOf('RUN ["/bin/sh","-ec","two"]')])
  })

  test('the order of commands, the template and the authorities make another tag, another sandbox another name', () => {
    const tag = (change: Partial<Parameters<typeof setupImage>[1]>, on = image): string =>
      setupImage(on, { ...sandbox, setup: ['a', 'b'], certificates: null, ...change }).reference
    const tags = [
      tag({}),
      tag({ setup: ['b', 'a'] }),
      tag({ certificates: certificate('AAAA') }),
      tag({}, namedImage('debian:trixie')),
      tag({ sandboxId: 'web-000000' }),
      tag({ scope: 'x' }),
    ]
    expect(new Set(tags).size).toBe(tags.length)
    expect(tag({})).toBe(tags[0])
    expect(tag({ scope: 'x' })).toMatch(/^localhost\/sbx_x-web-3f2a1c:[0-9a-f]{12}$/)
  })
})
