import packageJson from '../../../package.json' with { type: 'json' }

export const sbxVersion = packageJson.version
