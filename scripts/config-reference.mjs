export function configReference(schema) {
  return '# sandbox.yaml\n'
}
