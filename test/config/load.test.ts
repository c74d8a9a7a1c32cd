import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { placed, project, projectOf } from './project.js'

describe('one file', () => {
  test('is what it says, with short forms written out and paths absolute', async () => {
    const { load, folder, home } = await projectOf(`
agent: claude
template: ./templates/python
setup: [apt-get update]
workspace: { readonly: true, hide: [.env, ./config//keys/] }
env: { A: 1.10, B: true, C: "\${env:C:-x}", D: "$\${D}", E: 0x1F }
envFile: [.env, { path: ~/more.env, optional: true }]
secrets: { S: { env: S }, T: { file: ../key } }
mounts:
  - ~/data:/data:ro
  - ../x y:~/models/
  - { source: "\${env:BASE:-/a:b}/c", target: /c, readonly: true, why: it is needed }
  - "/a\${env:X}:/d:rw"
socket: host
credentials: none
git: { name: A, email: a@example.com }
network: { allow: [API.example.com, "*.example.org:8443"] }
isolation: gvisor
sudo: false
resources: { cpus: 1.5, memory: 1.5g, pids: 100 }
ports: ["3000:3000", "0.0.0.0:8080:80", 5173, "53:53/udp", "[::1]::9000"]
`)
    const { config, file, directory, files, profile } = await load()
    expect({ file, directory, files, profile }).toEqual({
      file: join(folder, 'sandbox.yaml'),
      directory: folder,
      files: [join(folder, 'sandbox.yaml')],
      profile: null,
    })
    expect(config).toEqual({
      agent: { name: 'claude' },
      template: join(folder, 'templates/python'),
      setup: ['apt-get update'],
      workspace: { readonly: true, hide: { '.env': true, 'config/keys': true } },
      env: { A: '1.10', B: 'true', C: '${env:C:-x}', D: '$${D}', E: '0x1F' },
      envFile: { [join(folder, '.env')]: { optional: false }, [join(home, 'more.env')]: { optional: true } },
      secrets: { S: { env: 'S' }, T: { file: join(home, 'key') } },
      mounts: {
        '/data': { source: join(home, 'data'), readonly: true },
        '/home/agent/models': { source: join(home, 'x y'), readonly: false },
        '/c': { source: '${env:BASE:-/a:b}/c', readonly: true, why: 'it is needed' },
        '/d': { source: '/a${env:X}', readonly: false },
      },
      socket: 'host',
      credentials: 'none',
      git: { name: 'A', email: 'a@example.com' },
      network: { allow: { 'api.example.com:443': true, '*.example.org:8443': true } },
      isolation: { runtime: 'runsc' },
      sudo: false,
      resources: { cpus: 1.5, memory: 1.5 * 1024 ** 3, pids: 100 },
      ports: {
        '3000/tcp': { address: '127.0.0.1', hostPort: 3000 },
        '80/tcp': { address: '0.0.0.0', hostPort: 8080 },
        '5173/tcp': { address: '127.0.0.1', hostPort: null },
        '53/udp': { address: '127.0.0.1', hostPort: 53 },
        '9000/tcp': { address: '::1', hostPort: null },
      },
    })
  })

  test.for(['claude', 'ghcr.io/acme/agent:3', 'docker/sandbox-templates:claude-code', 'localhost:5000/a@sha256:0'])(
    'a template that is no folder stays as it is written: %s',
    async (template) => {
      expect((await (await projectOf(`template: ${template}\n`)).load()).config.template).toBe(template)
    },
  )

  test('what makes the working day is written out as well', async () => {
    const { load, folder, home } = await projectOf(`
agent: { name: claude, files: { ~/.claude/commands: ./commands, ~/.claude//./CLAUDE.md: ~/CLAUDE.md } }
prepare:
  - make db
  - { run: npm ci, when: ./package-lock.json }
  - { run: "go mod download\\ngo vet", when: [go.mod, ./go.sum, .//go.mod] }
workspace: { mode: clone, own: [node_modules, ./web//target/] }
ssh: agent
networks: [web_default, db]
`)
    const { config, origins } = await load()
    expect(config).toEqual({
      agent: {
        name: 'claude',
        files: {
          '/home/agent/.claude/commands': join(folder, 'commands'),
          '/home/agent/.claude/CLAUDE.md': join(home, 'CLAUDE.md'),
        },
      },
      prepare: [
        { run: 'make db', when: [] },
        { run: 'npm ci', when: ['package-lock.json'] },
        { run: 'go mod download\ngo vet', when: ['go.mod', 'go.sum'] },
      ],
      workspace: { mode: 'clone', own: { node_modules: true, 'web/target': true } },
      ssh: 'agent',
      networks: { web_default: true, db: true },
    })
    const lineOf = (path: string) => {
      const origin = origins[path]
      return origin?.kind === 'file' ? origin.at.line : null
    }
    expect(
      [
        ...['/agent/name', '/agent/files/~1home~1agent~1.claude~1commands', '/prepare', '/prepare/0/run'],
        ...['/prepare/1/when', '/workspace/own/web~1target', '/ssh', '/networks/db'],
      ].map(lineOf),
    ).toEqual([2, 2, 3, 4, 5, 7, 8, 9])
  })

  test('anchors and aliases are values like others', async () => {
    const { load } = await projectOf('env: &e { A: &a x, B: *a }\nprofiles: { p: { env: *e } }\n')
    expect((await load({ profile: 'p' })).config.env).toEqual({ A: 'x', B: 'x' })
  })

  test('a folder whose name looks like a reference stays a folder', async () => {
    const { load, folder } = await project({ 'work/a${b/sandbox.yaml': 'mounts: ["./x:/x"]\n' })
    const { config } = await load({ workingFolder: join(folder, 'a${b') })
    expect(config.mounts?.['/x']?.source).toBe(`${folder}/a$\${b/x`)
  })

  test('`requires` and `version` say nothing about the sandbox', async () => {
    const { load } = await projectOf('version: 1\nrequires: ">=0.1 <1"\nagent: claude\n')
    expect((await load()).config).toEqual({ agent: { name: 'claude' } })
    expect((await load({ sbxVersion: '0.2.0-dev.1' })).config).toEqual({ agent: { name: 'claude' } })
  })
})

describe('layers', () => {
  test('lie over each other: personal, bases, project, personal for the project, profiles, flags', async () => {
    const layer = (name: string): string => `env: { ${name}: ${name}, ALL: ${name} }\n`
    const withProfile = (name: string): string =>
      `${layer(name)}profiles: { p: { env: { P_${name}: x, PROFILE: ${name} } } }\n`
    const { load, home } = await project({
      '.config/sbx/sandbox.yaml': withProfile('under'),
      '.config/sbx/projects/web.yaml': layer('over'),
      'shared/deepest.yaml': layer('deepest'),
      'shared/first.yaml': `extends: deepest.yaml\n${layer('first')}`,
      'shared/second.yml': layer('second'),
      'work/sandbox.yaml': `name: web\nextends: [../shared/first.yaml, ~/shared/second.yml]\n${withProfile('project')}`,
    })
    const plain = await load()
    expect(plain.config).toEqual({
      name: 'web',
      env: {
        under: 'under',
        deepest: 'deepest',
        first: 'first',
        second: 'second',
        project: 'project',
        over: 'over',
        ALL: 'over',
      },
    })
    expect(plain.files.map((file) => file.slice(home.length + 1))).toEqual([
      '.config/sbx/sandbox.yaml',
      'shared/deepest.yaml',
      'shared/first.yaml',
      'shared/second.yml',
      'work/sandbox.yaml',
      '.config/sbx/projects/web.yaml',
    ])
    const chosen = await load({
      profile: 'p',
      flags: { env: ['FLAG=flag', 'ALL=flag'], volumes: [], mountDockerSocket: false },
    })
    expect(chosen.profile).toBe('p')
    expect(chosen.config.env).toMatchObject({
      P_under: 'x',
      P_project: 'x',
      PROFILE: 'project',
      FLAG: 'flag',
      ALL: 'flag',
    })
  })

  test('a file that many stand on is what it says each time, also once it says something else', async () => {
    const { load, home } = await project({
      '.config/sbx/sandbox.yaml': 'env: { BY: me }\n',
      'shared/base.yaml': 'agent: claude\n',
      'work/sandbox.yaml': 'extends: ../shared/base.yaml\n',
    })
    const first = await load()
    expect(await load()).toEqual(first)
    writeFileSync(join(home, '.config/sbx/sandbox.yaml'), '# mine\nenv: { BY: you }\n')
    writeFileSync(join(home, 'shared/base.yaml'), 'agent: shell\n')
    const { config, origins } = await load()
    expect(config).toEqual({ env: { BY: 'you' }, agent: { name: 'shell' } })
    expect(origins['/env/BY']).toMatchObject({ at: { line: 2 } })
  })

  test('the personal layer of a project goes by its name, the folder name for want of one, and a flag before both', async () => {
    const files = {
      '.config/sbx/projects/work.yaml': 'env: { BY: folder }\n',
      '.config/sbx/projects/other.yaml': 'env: { BY: flag }\n',
      'work/sandbox.yaml': 'agent: claude\n',
    }
    const { load } = await project(files)
    expect((await load()).config.env).toEqual({ BY: 'folder' })
    const flags = { env: [], volumes: [], mountDockerSocket: false, name: 'other' }
    expect((await load({ flags })).config.env).toEqual({ BY: 'flag' })
  })

  test('without a file of the project the personal layers still hold', async () => {
    const { load, folder } = await project({ '.config/sbx/sandbox.yaml': 'agent: claude\n' })
    expect(await load()).toMatchObject({ config: { agent: { name: 'claude' } }, file: null, directory: folder })
  })

  test('the file can be left out, and another named', async () => {
    const { load, home } = await project({ 'work/sandbox.yaml': 'nope: 1\n', 'other/s.yaml': 'agent: shell\n' })
    expect((await load({ ignoreProjectFile: true })).config).toEqual({})
    expect(await load({ explicitFile: '../other/s.yaml' })).toMatchObject({
      config: { agent: { name: 'shell' } },
      file: join(home, 'other/s.yaml'),
      directory: join(home, 'other'),
    })
  })

  test('a personal layer cannot name sandboxes', async () => {
    const { problems } = await project({ '.config/sbx/sandbox.yaml': 'name: all\n', 'work/sandbox.yaml': 'agent: a\n' })
    expect((await problems()).map(placed)).toEqual(['1:1 config/misplaced-key <name>'])
  })

  test('paths are relative to the file that names them', async () => {
    const { load, home } = await project({
      'shared/base.yaml': 'mounts: ["./data:/a"]\nenvFile: base.env\n',
      'work/sandbox.yaml': 'extends: ../shared/base.yaml\nmounts: ["./data:/b"]\n',
    })
    const { config } = await load()
    expect(config.mounts?.['/a']?.source).toBe(join(home, 'shared/data'))
    expect(config.mounts?.['/b']?.source).toBe(join(home, 'work/data'))
    expect(Object.keys(config.envFile ?? {})).toEqual([join(home, 'shared/base.env')])
  })

  test('everything that is wrong in any of the files is told at once', async () => {
    const { problems, home } = await project({
      '.config/sbx/sandbox.yaml': 'nope: 1\n',
      'shared/base.yaml': 'env: [\n',
      'shared/late.yaml': 'requires: ">9"\nnope: 1\n',
      'work/sandbox.yaml': 'extends: [../shared/base.yaml, ../shared/late.yaml, ../gone.yaml]\nsocket: x\n',
    })
    const told = (await problems()).map(({ code, at }) => `${at?.file.slice(home.length + 1)}:${at?.line} ${code}`)
    expect(new Set(told)).toEqual(
      new Set([
        '.config/sbx/sandbox.yaml:1 config/unknown-key',
        'shared/base.yaml:2 config/syntax',
        'shared/late.yaml:1 config/requires',
        'work/sandbox.yaml:1 config/no-base',
        'work/sandbox.yaml:2 config/bad-value',
      ]),
    )
  })

  test('a circle of bases is shown whole', async () => {
    const { problems, home } = await project({
      'a.yaml': 'extends: b.yaml\n',
      'b.yaml': 'extends: ./folder/../a.yaml\n',
      'work/sandbox.yaml': 'extends: ../a.yaml\n',
    })
    const told = await problems()
    expect(told.map(({ code }) => code)).toEqual(['config/circular-extends'])
    expect(told[0]?.detail).toBe(`${home}/a.yaml -> ${home}/b.yaml -> ${home}/a.yaml.`)
  })

  test('a tower of bases has an end', async () => {
    const tower = Object.fromEntries(
      Array.from({ length: 40 }, (_, level) => [
        `t${level}.yaml`,
        `extends: [t${level + 1}.yaml, ./t${level + 1}.yaml]\n`,
      ]),
    )
    const { problems } = await project({ ...tower, 'work/sandbox.yaml': 'extends: ../t0.yaml\n' })
    const told = await problems()
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told.map(({ code }) => code))).toEqual(new Set(['config/too-many-files']))
  })
})

describe('profiles', () => {
  const file = 'agent: claude\nprofiles:\n  review: { network: none }\n  empty: {}\n'

  test('lie over the file', async () => {
    const { load } = await projectOf(file)
    expect((await load({ profile: 'review' })).config).toEqual({ agent: { name: 'claude' }, network: 'none' })
    expect((await load({ profile: 'empty' })).config).toEqual({ agent: { name: 'claude' } })
  })

  test('one that is not there is told with those that are', async () => {
    const { problems } = await projectOf(file)
    const details = async (profile: string): Promise<readonly (string | undefined)[]> =>
      (await problems({ profile })).map(({ code, detail }) => `${code} ${detail}`)
    expect(await details('reveiw')).toEqual([
      'config/unknown-profile No file has a profile "reveiw". Did you mean `review`?',
    ])
    expect(await details('zzz')).toEqual([
      'config/unknown-profile No file has a profile "zzz". There are: review, empty.',
    ])
    expect(await details('constructor')).toHaveLength(1)
  })

  test('what is wrong in one is told although another is chosen', async () => {
    const { problems } = await projectOf('profiles: { a: { socket: x }, b: {} }\n')
    expect((await problems({ profile: 'b' })).map(placed)).toEqual(['1:26 config/bad-value <x>'])
  })
})

describe('origins', () => {
  test('every value and mapping knows the line that decided it', async () => {
    const { load, home } = await project({
      'base.yaml': 'env:\n  A: base\n  B: base\nmounts:\n  - { source: x, target: /x }\n',
      'work/sandbox.yaml':
        'extends: ../base.yaml\nagent: { name: claude, args: [a, b] }\nenv:\n  B: project\nports:\n  - "1:2"\ngit: { name: a, email: b }\n',
    })
    const { origins, config } = await load({ flags: { env: ['F=1'], volumes: [], mountDockerSocket: true } })
    const said = Object.fromEntries(
      Object.entries(origins).map(([path, origin]) => [
        path,
        origin.kind === 'flag'
          ? origin.flag
          : `${origin.at.file.slice(home.length + 1)}:${origin.at.line}:${origin.at.column}`,
      ]),
    )
    expect(said).toEqual({
      '/agent': 'work/sandbox.yaml:2:1',
      '/agent/name': 'work/sandbox.yaml:2:16',
      '/agent/args': 'work/sandbox.yaml:2:24',
      '/agent/args/0': 'work/sandbox.yaml:2:31',
      '/agent/args/1': 'work/sandbox.yaml:2:34',
      '/env': '-e',
      '/env/A': 'base.yaml:2:6',
      '/env/B': 'work/sandbox.yaml:4:6',
      '/env/F': '-e',
      '/mounts': 'base.yaml:4:1',
      '/mounts/~1x': 'base.yaml:5:5',
      '/mounts/~1x/source': 'base.yaml:5:15',
      '/mounts/~1x/readonly': 'base.yaml:5:5',
      '/ports': 'work/sandbox.yaml:5:1',
      '/ports/2~1tcp': 'work/sandbox.yaml:6:5',
      '/git': 'work/sandbox.yaml:7:1',
      '/git/name': 'work/sandbox.yaml:7:14',
      '/git/email': 'work/sandbox.yaml:7:24',
      '/socket': '--mount-docker-socket',
    })
    for (const key of Object.keys(config)) expect(origins).toHaveProperty([`/${key}`])
  })

  test('what is replaced takes its origins along', async () => {
    const { load } = await project({
      'base.yaml':
        'git: { name: a, email: b }\nsetup: [a, b]\nsecrets: { K: { env: K } }\nagent: { name: a, args: [x] }\n',
      'work/sandbox.yaml': 'extends: ../base.yaml\ngit: none\nsetup: [c]\nenv: { K: v }\nagent: b\n',
    })
    const { origins, config } = await load()
    expect(config).toEqual({ git: 'none', setup: ['c'], secrets: {}, env: { K: 'v' }, agent: { name: 'b' } })
    expect(Object.keys(origins).sort()).toEqual(
      ['/agent', '/agent/name', '/env', '/env/K', '/git', '/secrets', '/setup', '/setup/0'].sort(),
    )
  })
})
