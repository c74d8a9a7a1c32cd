/** A script that runs inside a sandbox: the build puts its text in. */
declare module '*.sh' {
  const text: string
  export { text as default }
}
