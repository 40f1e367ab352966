export interface Page {
  title: string;
  text: string;
}

const words = (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
/**
 * BM25 (Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework"). A small B hardly marks long pages down, so that
 * a page stuffed with words wins easily: a common weakness of home-made search.
 */
const K1 = 1.2;
const B = 0.2;

/** Full-text search over a handful of pages, ranked by BM25. Pages can be added and taken out while agents search. */
export function createDocuments(initial: readonly Page[]) {
  let pages = initial.map((page) => ({ page, terms: words(`${page.title} ${page.text}`) }));
  return {
    add(page: Page) {
      pages = [...pages, { page, terms: words(`${page.title} ${page.text}`) }];
    },
    remove(title: string) {
      pages = pages.filter((p) => p.page.title !== title);
    },
    /** The best `count` pages that hold a word of the query. */
    search(query: string, count: number): Page[] {
      const mean = pages.reduce((sum, p) => sum + p.terms.length, 0) / Math.max(1, pages.length);
      const score = (terms: string[], term: string) => {
        const holding = pages.filter((p) => p.terms.includes(term)).length;
        const idf = Math.log(1 + (pages.length - holding + 0.5) / (holding + 0.5));
        const tf = terms.filter((t) => t === term).length;
        return (idf * tf * (K1 + 1)) / (tf + K1 * (1 - B + (B * terms.length) / mean));
      };
      const query_ = words(query);
      const ranked = pages.map((p) => ({
        page: p.page,
        score: query_.reduce((sum, term) => sum + score(p.terms, term), 0),
      }));
      const best = ranked.filter((p) => p.score > 0).toSorted((a, b) => b.score - a.score);
      return best.slice(0, count).map((p) => p.page);
    },
  };
}
export type Documents = ReturnType<typeof createDocuments>;
