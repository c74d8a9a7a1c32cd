/** In cents. */
export const prices = { apple: 45, bread: 320 }
