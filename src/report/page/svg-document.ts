/**
 * As much of a document as Observable Plot asks for while it draws: elements that are named, given attributes, nested and
 * written out. There is no style sheet, no layout and no selector but a tag name. A whole DOM would be the largest
 * dependency of the program, to build a few trees of elements.
 */
import { escapeMarkup } from '../markup.ts';

const SVG = 'http://www.w3.org/2000/svg';

interface StyleDeclaration {
  setProperty(name: string, value: string | null): void;
  removeProperty(name: string): void;
}

/** An element, as far as it can be built and written. */
export class MarkupElement {
  readonly ownerDocument: MarkupDocument;
  readonly tagName: string;
  readonly namespaceURI: string;
  readonly style: StyleDeclaration;
  parentNode: MarkupElement | null = null;
  readonly childNodes: (MarkupElement | MarkupText)[] = [];
  readonly #attributes = new Map<string, string>();
  readonly #styles = new Map<string, string>();

  constructor(ownerDocument: MarkupDocument, tagName: string, namespaceURI: string) {
    this.ownerDocument = ownerDocument;
    this.tagName = tagName;
    this.namespaceURI = namespaceURI;
    this.style = {
      setProperty: (name, value) => {
        if (value !== null) this.#styles.set(name, value);
      },
      removeProperty: (name) => {
        this.#styles.delete(name);
      },
    };
  }

  get firstChild(): MarkupElement | MarkupText | null {
    return this.childNodes[0] ?? null;
  }

  get children(): MarkupElement[] {
    return this.childNodes.filter((node) => node instanceof MarkupElement);
  }

  get textContent(): string {
    return this.childNodes.map((node) => node.textContent).join('');
  }

  set textContent(text: string) {
    this.childNodes.length = 0;
    this.childNodes.push(new MarkupText(this, text));
  }

  setAttribute(name: string, value: unknown): void {
    this.#attributes.set(name, String(value));
  }

  setAttributeNS(_namespace: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  addEventListener(): void {}

  appendChild<N extends MarkupElement | MarkupText>(node: N): N {
    return this.insertBefore(node, null);
  }

  append(...nodes: (MarkupElement | MarkupText | string)[]): void {
    for (const node of nodes) this.appendChild(typeof node === 'string' ? new MarkupText(this, node) : node);
  }

  insertBefore<N extends MarkupElement | MarkupText>(node: N, before: MarkupElement | MarkupText | null): N {
    node.parentNode?.removeChild(node);
    const at = before === null ? -1 : this.childNodes.indexOf(before);
    this.childNodes.splice(at < 0 ? this.childNodes.length : at, 0, node);
    node.parentNode = this;
    return node;
  }

  removeChild<N extends MarkupElement | MarkupText>(node: N): N {
    const at = this.childNodes.indexOf(node);
    if (at >= 0) this.childNodes.splice(at, 1);
    node.parentNode = null;
    return node;
  }

  /** Descendants with a tag name; other selectors find nothing. */
  querySelectorAll(selector: string): MarkupElement[] {
    return this.children.flatMap((child) => [
      ...(child.tagName === selector ? [child] : []),
      ...child.querySelectorAll(selector),
    ]);
  }

  querySelector(selector: string): MarkupElement | null {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  /** The element as markup, without `<style>` elements: the page has its own rules. */
  toMarkup(): string {
    if (this.tagName === 'style') return '';
    const attributes = [...this.#attributes].map(([name, value]) => ` ${name}="${escapeMarkup(value)}"`);
    const styles = [...this.#styles].map(([name, value]) => `${name}:${value}`).join(';');
    if (styles !== '') attributes.push(` style="${escapeMarkup(styles)}"`);
    const inside = this.childNodes.map((node) => node.toMarkup()).join('');
    return `<${this.tagName}${attributes.join('')}>${inside}</${this.tagName}>`;
  }
}

class MarkupText {
  parentNode: MarkupElement | null;
  readonly textContent: string;

  constructor(parentNode: MarkupElement | null, textContent: string) {
    this.parentNode = parentNode;
    this.textContent = textContent;
  }

  toMarkup(): string {
    return escapeMarkup(this.textContent);
  }
}

/** What makes elements. */
export class MarkupDocument {
  readonly documentElement: MarkupElement = new MarkupElement(this, 'html', 'http://www.w3.org/1999/xhtml');

  createElement(tagName: string): MarkupElement {
    return new MarkupElement(this, tagName, this.documentElement.namespaceURI);
  }

  createElementNS(namespaceURI: string, tagName: string): MarkupElement {
    return new MarkupElement(this, tagName, namespaceURI);
  }

  createTextNode(text: string): MarkupText {
    return new MarkupText(null, text);
  }

  /** An element of SVG. */
  createSvg(tagName: string): MarkupElement {
    return this.createElementNS(SVG, tagName);
  }
}
