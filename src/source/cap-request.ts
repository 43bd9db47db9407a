/** First argument with which this program captures by the package cap, as a process of its own (cap-helper.ts). */
export const CAP_HELPER = '--capture-by-cap';
