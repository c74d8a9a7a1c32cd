// The examples do what their README says: each of its commands is run in a copy, and what a sandbox is not to do is tried.

import { chown, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { owners, Project } from './support/project.js'
import { Repository } from './support/repository.js'
import { until } from './support/until.js'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const owner = owners[0] as number

/** The example's own files in a project, whose sandboxes are gone after `use`. */
async function inCopyOf(example: string, use: (project: Project) => Promise<void>): Promise<void> {
  const project = await Project.create()
  try {
    await cp(join(examples, example), project.folder, { recursive: true })
    // All but what says how the sandbox is, which is refused when it is another's.
    const files = await readdir(project.folder, { recursive: true, withFileTypes: true })
    for (const { parentPath, name } of files) {
      if (!name.endsWith('.yaml')) await giveToAgent(join(parentPath, name))
    }
    await use(project)
  } finally {
    await project.remove()
  }
}

async function giveToAgent(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, owner, owner)
}

/** Exit code and output by command, as `exec -- npm test`. */
type Outcomes = Readonly<Record<string, readonly [number, RegExp]>>

/** Runs what the README says, in its order, but for sessions of an agent. `approval` goes with each apply. */
async function follow(project: Project, outcomes: Outcomes, ...approval: readonly string[]): Promise<void> {
  const readme = await readFile(join(project.folder, 'README.md'), 'utf8')
  const commands = [...readme.matchAll(/^ {4}sbx (.+?)(?: {2,}.*)?$/gm)].map(([, command]) => command as string)
  expect(commands.filter((command) => / -- |^plan/.test(command))).toEqual(Object.keys(outcomes))
  for (const command of commands) {
    const words = [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)
    const outcome = outcomes[command]
    if (outcome !== undefined) {
      const { exitCode, stdout, stderr } = await project.sbx([...words.slice(0, 1), '--quiet', ...words.slice(1)])
      expect([command, exitCode, stdout + stderr]).toEqual([command, outcome[0], expect.stringMatching(outcome[1])])
    } else if (words[0] === 'apply') {
      await project.ok([...words, '--yes', ...approval.flatMap((grant) => ['--allow', grant])])
      expect(await project.ok(['plan', '--detailed-exitcode', ...words.slice(1)])).toContain('No changes.')
    } else if (words[0] !== 'run') {
      await project.ok(words)
    }
  }
}

/** The file or the lines of one that the README shows. */
async function yamlOf(project: Project): Promise<string> {
  const [, text = ''] = /^```yaml\n(.*?)^```$/ms.exec(await readFile(join(project.folder, 'README.md'), 'utf8'))!
  return text
}

describe.concurrent('the example', () => {
  test('hello', async () => {
    await inCopyOf('hello', async (project) => {
      await follow(project, { plan: [0, /hello {2}will be created/], "run -- -c 'echo $GREETING'": [0, /^hello$/m] })
    })
  })

  test('python', async () => {
    await inCopyOf('python', async (project) => {
      await follow(project, { 'exec -- python3 -m unittest': [0, /^Ran 2 tests [^]*^OK$/m] })
      await keepLayers(project, 'localhost/sbx-example-python')
    })
  })

  test('node', async () => {
    await inCopyOf('node', async (project) => {
      await follow(project, { 'exec -- npm test': [0, /\bpass 1\b/] })
      const server = project.start(['exec', '--', 'npm', 'start'], { input: null })
      try {
        const [{ ports }] = JSON.parse(await project.ok(['inspect'])) as [{ ports: { host: number }[] }]
        expect(ports).toEqual([
          { container: 3000, protocol: 'tcp', address: '127.0.0.1', host: expect.any(Number) as number },
        ])
        const greeting = await until(
          async () => fetched(`http://127.0.0.1:${String(ports[0]?.host)}/?name=Ada`),
          () => 'nothing is served',
        )
        expect(greeting).toBe('Hello, Ada!\n')
      } finally {
        server.kill('SIGTERM')
        await server.ended
      }
    })
  })

  test('go, with the folder for all sandboxes', async () => {
    await inCopyOf('go', async (project) => {
      // Go's own library is compiled once for all runs of this test, in whichever checkout.
      const kept = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sandbox-yaml-tests/go')
      await mkdir(kept, { recursive: true })
      await giveToAgent(kept)
      await mkdir(join(project.home, '.cache'))
      await symlink(kept, join(project.home, '.cache/sandboxes-go'))
      await mkdir(join(project.home, '.config/sbx'), { recursive: true })
      await writeFile(join(project.home, '.config/sbx/sandbox.yaml'), await yamlOf(project))

      await follow(project, { 'exec -- go test ./...': [0, /^ok\s+example\.com\/slug\b/m] }, 'mount:/var/cache/go')
      expect(await readdir(kept)).toContain('00')
    })
  })

  test('monorepo', async () => {
    await inCopyOf('monorepo', async (project) => {
      await follow(project, {
        'exec --profile catalog -- npm test -w catalog': [0, /\bpass 1\b/],
        'exec --profile checkout -- npm test -w checkout': [0, /\bpass 1\b/],
      })
      await project.ok(['apply', '--yes', '--profile', 'review'])
      const refused = await project.sbx(['exec', '--profile', 'review', '--', 'touch', 'package.json'])
      expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Read-only file system') })
      const homes = (await project.containers()).map(
        ({ Mounts: mounts }) => mounts.find(({ Destination: target }) => target === '/home/agent')?.Name,
      )
      expect(new Set(homes).size).toBe(3)
    })
  })

  test('team', async () => {
    await inCopyOf('team', async (project) => {
      const outcomes: Outcomes = {
        plan: [0, /template {2}platform\/base\.yaml:\d/],
        'exec -- licence-check': [0, /^Every file says its licence\.$/m],
        'exec -- printenv LOG_LEVEL TZ': [0, /^debug\nEurope\/Vienna$/m],
      }
      await follow(project, outcomes, 'template')

      // The same with a repository, as its end has it.
      const repository = await Repository.create(project.beside('platform'))
      await cp(join(project.folder, 'platform'), repository.folder, { recursive: true })
      await rm(join(project.folder, 'platform'), { recursive: true })
      await repository.commit()
      await repository.tag('v1')
      const line = (await yamlOf(project)).replace(/git\+https:.*\.git/, `git+file://${repository.folder}`)
      const file = await readFile(join(project.folder, 'sandbox.yaml'), 'utf8')
      await project.write(file.replace(/^extends: .*\n/m, line))
      await project.ok(['template', 'lock'])
      await project.ok(['apply', '--yes', '--locked', '--allow', 'template'])
      expect(await project.inside('licence-check && printenv LOG_LEVEL TZ')).toMatch(
        / licence\.\ndebug\nEurope\/Vienna$/,
      )
      expect(await project.ok(['plan', '--detailed-exitcode'])).toContain('No changes.')
    })
  })

  test('review', async () => {
    await inCopyOf('review', async (project) => {
      await follow(project, {
        'exec -- python3 -m unittest': [0, /^Ran 1 test [^]*^OK$/m],
        'exec -- touch parse.py': [1, /Read-only file system/],
        'exec -- ls /sys/class/net': [0, /^lo\n$/],
      })
      const mounted = (await project.container()).Mounts.filter(({ RW: writable }) => writable)
      expect(mounted.map(({ Destination: target }) => target).sort()).toEqual(['/home/agent', '/run/sbx/home'])
    })
  })

  test('data-science', async () => {
    await inCopyOf('data-science', async (project) => {
      const [datasets, models] = [join(project.home, 'datasets'), join(project.home, 'models')]
      for (const folder of [datasets, models]) {
        await mkdir(folder)
        await giveToAgent(folder)
      }
      await cp(join(project.folder, 'heights.csv'), join(datasets, 'heights.csv'))
      const outcomes: Outcomes = {
        'exec -- python3 train.py': [0, /'slope': 6\.5, /],
        'exec -- touch /data/x': [1, /Read-only file system/],
      }
      await follow(project, outcomes, 'mount:/data', 'mount:/models', 'env-file:.env')
      await project.write('DIGITS=3\n', '.env')
      await project.inside('python3 train.py')
      expect(JSON.parse(await readFile(join(models, 'line.json'), 'utf8'))).toEqual({ slope: 6.505, intercept: 74.87 })
    })
  })
})

/**
 * Names the layers beneath the labels of the project's image, which would go with it: the next run then installs nothing
 * from afar until the command or its base is another, as the engine's cache does for everybody.
 */
async function keepLayers(project: Project, repo: string): Promise<void> {
  const { docker } = project
  let image = await docker.getImage((await project.container()).Image).inspect()
  while (image.Config.Labels?.['dev.sbx.scope'] !== undefined && image.Parent !== '') {
    image = await docker.getImage(image.Parent).inspect()
  }
  const before = await docker.listImages({ filters: { reference: [repo] } as never })
  await docker.getImage(image.Id).tag({ repo, tag: 'layers' })
  // Those of an earlier base have no name now, though perhaps a use in another run of these tests.
  for (const { Id } of before) {
    if (Id !== image.Id) await docker.getImage(Id).remove().catch(ignoreUsed)
  }
}

function ignoreUsed(error: unknown): void {
  if (!(error instanceof Error && 'statusCode' in error && (error.statusCode === 409 || error.statusCode === 404)))
    throw error
}

/** Null where nobody answers: the engine takes connections before the server does, and may keep one that leads nowhere. */
async function fetched(address: string): Promise<string | null> {
  return fetch(address, { signal: AbortSignal.timeout(1_000) })
    .then(async (reply) => reply.text())
    .catch(() => null)
}
