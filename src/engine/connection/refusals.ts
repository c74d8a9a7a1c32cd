// The engine's refusals that have a way out, known by their words: it has a status for a few of them only.

export type Refusal = {
  readonly pattern: RegExp
  readonly code: string
  readonly summary: string
  readonly wayOut: (match: RegExpExecArray) => string
}

/** In order: the first whose words are in the engine's message. */
export const knownRefusals: readonly Refusal[] = [
  {
    pattern: /no space left on device/i,
    code: 'engine/disk-full',
    summary: "The engine's disk is full",
    wayOut: () => 'Free some space where the engine keeps its data; `docker system df` shows what takes it.',
  },
  {
    pattern:
      /(?:(?:Bind for|listen \w+) (\S+:\d+):? )?(?:failed: port is already allocated|bind: address already in use)/i,
    code: 'engine/port-in-use',
    summary: 'A port on this machine is in use',
    wayOut: ([, address]) =>
      `${address ?? 'A published port'} is taken by another program. ` +
      'Stop that program or choose another port under `ports`.',
  },
  {
    pattern: /(?:^|: )Address already in use$/,
    code: 'engine/address-taken',
    summary: 'An address on a network is in use',
    wayOut: () => 'Another call has started a proxy of this sandbox, and one of them runs at a time. Plan again.',
  },
  {
    pattern: /bind source path does not exist: (.+)$/im,
    code: 'engine/missing-source',
    summary: 'A mount source does not exist',
    wayOut: ([, path = '']) => `The engine finds nothing at ${path}. Make it, or take the mount out of the file.`,
  },
  {
    pattern:
      /(?:error mounting|not a directory).*?(?:not a directory|Are you trying to mount a directory onto a file)/is,
    code: 'engine/mount-kind',
    summary: 'A file is mounted where a folder is, or a folder where a file is',
    wayOut: () => 'Source and target of a mount must be of one kind.',
  },
  {
    pattern: /mounts denied|is not shared from the host/i,
    code: 'engine/not-shared',
    summary: 'The engine may not see a folder of this machine',
    wayOut: () => "Share the folder with the engine's virtual machine in its settings.",
  },
  {
    pattern: /No such image: (\S+)/i,
    code: 'engine/no-image',
    summary: 'The image is not on the engine',
    wayOut: ([, reference = '']) => `${reference} is neither built nor pulled, or was removed meanwhile. Apply again.`,
  },
  {
    pattern: /network (\S+) not found/i,
    code: 'engine/no-network',
    summary: 'The network of the container is gone',
    wayOut: () => 'It was removed by another hand. `sbx apply --recreate` makes a container on a new one.',
  },
  {
    pattern: /network with name (\S+) already exists/i,
    code: 'engine/network-taken',
    summary: 'A network that is not ours has the name of one',
    wayOut: ([, name = '']) =>
      `${name} lacks the labels that sbx gives. \`docker network rm ${name}\` removes it once nobody is on it.`,
  },
  {
    pattern: /Minimum memory limit|can not be less than|memory.*(?:device or resource busy|limit.*usage)/i,
    code: 'engine/limit-refused',
    summary: 'The engine refused a limit',
    wayOut: () =>
      'It is below what an engine allows, or below what the sandbox uses right now. Stop it first, or ask for more.',
  },
  {
    pattern: /could not join or create cgroup|cgroups not configured for container/i,
    code: 'engine/limit-unsupported',
    summary: 'The engine cannot hold a limit',
    wayOut: () =>
      'It runs without control groups, so no limit can change. An engine without root needs cgroup v2 for them.',
  },
  {
    pattern: /No such container/i,
    code: 'engine/no-container',
    summary: 'The container is gone',
    wayOut: () => 'It was removed by another hand. Plan again.',
  },
  {
    pattern: /container (\S+) is not running|is not running$/i,
    code: 'engine/not-running',
    summary: 'The container is not running',
    wayOut: () => '`sbx apply` starts it.',
  },
  {
    pattern: /is paused/i,
    code: 'engine/paused',
    summary: 'The container is paused',
    wayOut: () => '`sbx apply` lets it go on.',
  },
  {
    pattern: /is in use|being used|has active endpoints/i,
    code: 'engine/in-use',
    summary: 'The object is in use',
    wayOut: () => 'Another container needs it; remove that one first.',
  },
  {
    pattern: /docker-init.*(?:not found|no such file)/is,
    code: 'engine/no-init',
    summary: 'The engine lacks its init program',
    wayOut: () => 'Sandboxes run under it. Install the package that brings `docker-init` (tini) for this engine.',
  },
  {
    pattern: /exec: "?\/bin\/sh"?.*(?:not found|no such file)/is,
    code: 'engine/no-shell',
    summary: 'The image has no shell',
    wayOut: () => 'A sandbox needs /bin/sh, chown, stat and the like in its image.',
  },
]
