// The text that the proxy of a limited network goes by. Nothing else decides what gets out: a host that is not named here is
// refused before its name is looked up, and one that is named is refused where its name leads to a private address.

import { digest } from '../../model/names.js'

export type ProxyRules = {
  /** Its own address on the sandbox's network, where alone it listens. */
  readonly address: string
  /** The sandbox's network, `10.213.7.0/28`: only who is on it is served. */
  readonly subnet: string
  /** As `host:port`, lower case; a host may begin with `*.`. */
  readonly hosts: readonly string[]
}

export const proxyPort = 3128

/**
 * Where nothing that is for everybody can be: the machine itself, its networks, the metadata of a cloud, multicast. A name
 * that leads to one of them, even as one of several addresses, is refused. Squid knows an IPv4 address in IPv6 clothes by
 * the lines for IPv4.
 */
const privateAddresses = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  ...['::/127', '64:ff9b::/96', '100::/64', '2001::/32', '2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
]

/** Keeps nothing, tells nobody about the sandbox, writes what was asked for to its output and nowhere else. */
const always = [
  'visible_hostname sbx-proxy',
  'pid_filename none',
  'cache deny all',
  'cache_mem 0 MB',
  'memory_pools off',
  'cache_store_log none',
  'netdb_filename none',
  'pinger_enable off',
  'shutdown_lifetime 0 seconds',
  'via off',
  'forwarded_for delete',
  'follow_x_forwarded_for deny all',
  'on_unsupported_protocol respond all',
  // Also the least time that an answer is kept: a name that leads elsewhere a moment later is still where it was checked.
  'negative_dns_ttl 60 seconds',
  'dns_defnames off',
  'max_filedescriptors 4096',
  'cache_log stdio:/dev/stderr',
  'logformat sbx %ts.%03tu %Ss %>Hs %rm %>rd %>rP %<a %<st',
  'access_log stdio:/dev/stdout logformat=sbx',
]

export function proxyConfig({ address, subnet, hosts }: ProxyRules): string {
  const entries = [...new Set(hosts)].sort().map(entryOf)
  const ports = [...new Set(entries.map(({ port }) => port))].sort((left, right) => left - right)
  const lines = [
    ...always,
    `http_port ${address}:${String(proxyPort)}`,
    `acl sandbox src ${subnet}`,
    `acl private dst ${privateAddresses.join(' ')}`,
    'acl tunnel method CONNECT',
    ...ports.map((port) => `acl p${String(port)} port ${String(port)}`),
    ...entries.map(({ host }, index) => hostAcl(`h${String(index)}`, host)),
    'http_access deny !sandbox',
    ...(entries.length === 0
      ? []
      : [
          `acl listed any-of ${entries.map((_, index) => `h${String(index)}`).join(' ')}`,
          'http_access deny !listed',
          'http_access deny private',
        ]),
    ...entries.map(({ port }, index) => `http_access allow ${port === 443 ? 'tunnel ' : ''}h${index} p${port}`),
    'http_access deny all',
  ]
  return `${lines.join('\n')}\n`
}

/** Of what this sbx writes whatever the file says, so that a proxy of an older one is known as that. */
export function proxyConfigVersion(): string {
  return digest(
    proxyConfig({ address: '10.0.0.2', subnet: '10.0.0.0/28', hosts: ['*.a.example:80', 'b.example:443'] }),
    8,
  )
}

/**
 * `-n`: what is asked for as an address is not looked up backwards, or whoever owns the name of an address would be let
 * through. A wildcard is an expression because squid's own also means the name itself.
 */
function hostAcl(name: string, host: string): string {
  if (!host.startsWith('*.')) return `acl ${name} dstdomain -n ${host}`
  return `acl ${name} dstdom_regex -n -i ^([a-z0-9_-]+\\.)+${host.slice(2).replaceAll('.', '\\.')}$`
}

function entryOf(entry: string): { readonly host: string; readonly port: number } {
  const colon = entry.lastIndexOf(':')
  return { host: entry.slice(0, colon), port: Number(entry.slice(colon + 1)) }
}
