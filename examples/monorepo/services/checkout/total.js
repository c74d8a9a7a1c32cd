import { prices } from '../catalog/prices.js'

/** In cents. An article without a price makes it NaN. */
export function total(articles) {
  return articles.reduce((sum, article) => sum + prices[article], 0)
}
