// What is tried, and what is seen where it fails. Evidence that is not the one told here is a failure of the suite: what does
// not get through for another reason than the protection shows nothing.

export type Attempt = {
  readonly tries: string
  readonly refusal: RegExp
  /** Under gVisor: what is seen there, or why the attempt says nothing there. */
  readonly gvisor?: RegExp | string
  /** Why it does not get through in a container that nothing protects either; absent where it does. */
  readonly unprotected?: string
}

const missing = /No such file|cannot access/
const denied = /not permitted|denied|must be superuser|must be root|Read-only|read-only|nothing is in it/
const silent = /no answer|unreachable|No route/
const answer403 = / 403 /
const ownKernel = 'it is of the kernel that the sandbox has for itself'
const absent = /not supported|No such device|Inappropriate ioctl/
const quiet = /^$|no answer/

export const insideAttempts: Readonly<Record<string, Attempt>> = {
  'file-read-outside': { tries: 'read a file beside the workspace', refusal: missing },
  'file-write-outside': { tries: 'write a file beside the workspace', refusal: /nothing arrived/, gvisor: denied },
  'file-dots': { tries: 'the same by ..', refusal: missing },
  'file-link': { tries: 'the same by a link in the workspace', refusal: missing },
  'file-root-of-init': { tries: 'the same by the root of process 1', refusal: missing, gvisor: denied },
  'file-approvals': { tries: 'write what this machine approved', refusal: /nothing arrived/, gvisor: denied },
  'file-other-home': { tries: "read another sandbox's home volume", refusal: missing },
  'file-remount-readonly': { tries: 'make a read-only mount writable', refusal: denied },
  'file-write-readonly': { tries: 'write into a read-only mount', refusal: denied },
  'hidden-file-read': { tries: 'read a hidden file', refusal: /nothing is in it/ },
  'hidden-file-uncover': { tries: 'unmount what hides a file', refusal: denied },
  'hidden-file-link': {
    tries: 'link to a hidden file',
    refusal: /Invalid cross-device link|different device|nothing is in it/,
  },
  'hidden-file-move': { tries: 'move a hidden file', refusal: /busy/ },
  'hidden-file-remove': { tries: 'remove a hidden file', refusal: /busy/ },
  'hidden-folder-read': { tries: 'read a file in a hidden folder', refusal: missing },
  'hidden-folder-uncover': { tries: 'unmount what hides a folder', refusal: denied },
  'hidden-folder-move': { tries: 'move a hidden folder', refusal: /busy/ },
  'engine-socket': { tries: "use the engine's socket", refusal: /connect/ },
  'device-block': { tries: 'make a block device', refusal: denied },
  'device-char': { tries: 'make a character device', refusal: denied },
  'device-kernel-log': { tries: "read the kernel's log", refusal: denied, gvisor: ownKernel },
  'kernel-setting': { tries: 'write a kernel setting', refusal: denied, gvisor: missing },
  'kernel-core-pattern': { tries: 'say what the host runs at a crash', refusal: denied, gvisor: missing },
  'kernel-host-name': { tries: 'set the host name', refusal: denied },
  'kernel-mount': { tries: 'mount memory', refusal: denied },
  'kernel-mount-processes': { tries: 'mount /proc anew', refusal: denied },
  'kernel-namespaces': { tries: 'make namespaces as root', refusal: denied },
  'kernel-user-namespace': { tries: 'make a user namespace', refusal: denied, gvisor: ownKernel },
  'kernel-chroot': { tries: 'chroot', refusal: denied },
  'kernel-priority': { tries: 'go before other processes', refusal: /^$|denied/, gvisor: ownKernel },
  'kernel-module': { tries: 'load a kernel module', refusal: denied },
  'kernel-bpf': { tries: 'load a BPF program', refusal: denied },
  'kernel-perf': { tries: 'watch the whole machine by perf events', refusal: denied, gvisor: absent },
  'kernel-keys': { tries: "read the kernel's keyring", refusal: denied },
  'kernel-add-key': { tries: "add to the kernel's keyring", refusal: denied },
  'kernel-by-handle': { tries: 'open a file by its handle', refusal: denied, gvisor: absent },
  'net-raw': { tries: 'open a raw socket', refusal: denied, gvisor: absent },
  'net-packet': { tries: 'open a packet socket, to speak ARP', refusal: denied, gvisor: absent },
  'net-own-address': { tries: 'take an address of its own', refusal: denied, gvisor: absent },
  'net-gateway': { tries: "reach this machine by the network's gateway", refusal: silent },
  'net-bridge': { tries: "reach this machine by the engine's bridge", refusal: silent },
  'net-host': { tries: 'reach this machine by its own address', refusal: silent },
  'net-literal': { tries: 'reach an address outside by TCP', refusal: silent },
  'net-metadata': {
    tries: "reach a cloud's metadata",
    refusal: silent,
    unprotected: 'this machine may be in no cloud',
  },
  'net-neighbour': { tries: 'reach a sandbox on the open network', refusal: silent },
  'net-other-sandbox': { tries: 'reach a sandbox on its limited network', refusal: silent },
  'net-proxy-outside': { tries: 'reach the proxy by its outer address', refusal: silent },
  'net-udp': { tries: 'reach an address outside by UDP', refusal: silent, gvisor: quiet },
  'net-own-resolver': { tries: 'ask a DNS server of its own choice', refusal: silent, gvisor: quiet },
  'net-engine-resolver': {
    tries: "ask the engine's DNS server for a name outside",
    refusal: /no such name|no answer/,
    gvisor: quiet,
  },
  'net-name': { tries: 'resolve a name outside', refusal: /no such name/ },
  'net-ipv6': { tries: 'reach an address outside by IPv6', refusal: /unreachable|assign|not supported/ },
  'proxy-unlisted': { tries: 'a host that is not listed, by the proxy', refusal: answer403 },
  'proxy-other-port': { tries: 'another port of a listed host', refusal: answer403 },
  'proxy-below-allowed': { tries: 'a name below a listed host', refusal: answer403 },
  'proxy-wildcard-itself': { tries: 'the name that a wildcard stands below', refusal: answer403 },
  'proxy-suffix': { tries: 'a name that begins like a listed one', refusal: answer403 },
  'proxy-literal': { tries: 'an address, by the proxy', refusal: answer403 },
  'proxy-literal-six': { tries: 'an IPv6 address, by the proxy', refusal: answer403 },
  'proxy-number': { tries: 'an address as one number, by the proxy', refusal: answer403 },
  'proxy-private-name': { tries: 'a listed name that leads to a private address', refusal: answer403 },
  'proxy-metadata': { tries: "a cloud's metadata, by the proxy", refusal: answer403 },
  'proxy-itself': { tries: 'the proxy, by the proxy', refusal: answer403 },
  'proxy-manager': { tries: "the proxy's own pages", refusal: answer403 },
  'proxy-plain': { tries: 'a host that is not listed, without a tunnel', refusal: answer403 },
}

/** Must get through, or the network would be dead and not limited. */
export const listedHost = 'proxy-allowed'

/** `npm run test:gvisor` says so. There is no sudo then. */
export const isGvisor = process.env['SBX_TEST_ISOLATION'] === 'gvisor'

/** `port` is one of this machine. */
export function sandboxFile(root: string, port: string): string {
  return `agent: shell
${isGvisor ? 'isolation: gvisor\n' : ''}network:
  allow: ["allowed.attempts.test:${port}", "*.wild.attempts.test:${port}", "private.attempts.test:4716"]
workspace: { hide: [.env, .env.local, secrets, private] }
mounts:
  - ${root}/data:/data:ro
  - { source: ${root}/results, target: /results, readonly: false, why: results go here }
`
}

/** What the agent would have the next start be. */
export function plantedFile(root: string): string {
  return `agent: shell
template: debian:bookworm-slim
network: open
socket: host
env: { AWS: "\${env:AWS_SECRET_ACCESS_KEY}" }
mounts:
  - ${root}/outside:/outside
`
}

/** By the grant that a person is asked for. */
export const widenings: Readonly<Record<string, { readonly tries: string; readonly grant: string }>> = {
  'next-mount': { tries: 'have the next start mount a folder of this machine', grant: 'mount:/outside' },
  'next-socket': { tries: "have it give the engine's socket", grant: 'socket' },
  'next-network': { tries: 'have it on the open network', grant: 'network' },
  'next-variable': { tries: "have it get a variable of this machine's user", grant: 'env:AWS_SECRET_ACCESS_KEY' },
  'next-template': { tries: 'have it made from another image', grant: 'template' },
  'next-shown': { tries: 'have it hide nothing', grant: 'show:.env' },
}

/** Another image than the one that was approved, under its name. */
export const plantedLock = `version: 1
images:
  debian:bookworm-slim:
    digest: sha256:${'0'.repeat(64)}
`
