export const EXPLAIN_FORMATS = ['text', 'svg', 'html', 'mermaid', 'markdown', 'json'] as const;
/** A format in which one connection is explained. */
export type ExplainFormat = (typeof EXPLAIN_FORMATS)[number];
