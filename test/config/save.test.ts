import { describe, expect, test } from 'vitest'
import type { RunFlags } from '../../src/config/flags.js'
import { saveFlags } from '../../src/config/save.js'

const none: RunFlags = { env: [], volumes: [], mountDockerSocket: false }
const places = { workingFolder: '/home/me/web/sub', fileFolder: '/home/me/web', home: '/home/me' }

describe('flags saved into sandbox.yaml', () => {
  test('must leave comments, order and everything else as it was', () => {
    const text = '# ours\nagent: shell # small\nenv:\n  A: one # first\nsetup:\n  - apt-get update\n'
    const flags = { ...none, env: ['B=two', 'C'], volumes: ['../data:/data:ro'] }
    expect(saveFlags({ ...places, text, flags })).toBe(
      '# ours\nagent: shell # small\nenv:\n  A: one # first\n  B: two\n  C: ${env:C}\n' +
        'setup:\n  - apt-get update\nmounts:\n  - ./data:/data:ro\n',
    )
  })

  test('must replace what has the same name or target', () => {
    const text = 'agent: { name: shell, args: [-l] }\nenv: { A: one }\nmounts:\n  - { source: ~/old, target: /data }\n'
    const flags = { ...none, agent: 'claude', env: ['A=two'], volumes: ['~/new:/data'] }
    expect(saveFlags({ ...places, text, flags })).toBe(
      'agent: { name: claude, args: [ -l ] }\nenv: { A: two }\nmounts:\n  - ~/new:/data\n',
    )
  })

  test('must leave a source that begins with a variable', () => {
    const flags = { ...none, volumes: ['${env:BASE}/c:/c'] }
    expect(saveFlags({ ...places, text: 'agent: shell\n', flags })).toBe(
      'agent: shell\nmounts:\n  - ${env:BASE}/c:/c\n',
    )
  })

  test('must make a file where there is none', () => {
    const flags = { ...none, agent: 'claude', mountDockerSocket: true, template: './image', name: 'web' }
    expect(saveFlags({ ...places, text: null, flags })).toBe(
      'version: 1\nagent: claude\nname: web\nsocket: host\ntemplate: ./sub/image\n',
    )
  })
})
