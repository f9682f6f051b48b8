import ts from "typescript";

/** One place in a text and what to write there instead. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
  readonly line: number;
}

/** Calls whose arguments are words for people, and tables of versions and names: nothing to test there. */
const words = new Set([
  "invariant",
  "barrier",
  "refuse",
  "UserError",
  "RewriteRefused",
  "otherGraph",
  "expect",
]);
const tables = new Set(["since", "inputs", "outputs", "kind", "type", "window"]);

const opposites = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
  [ts.SyntaxKind.AsteriskToken, "/"],
  [ts.SyntaxKind.SlashToken, "*"],
]);

/** Ways to break a TypeScript text: a call left out, a comparison turned, a branch never taken, a number one off. */
export function mutantsOf(text: string): Mutant[] {
  const file = ts.createSourceFile("file.ts", text, ts.ScriptTarget.ES2022, true);
  const found: Mutant[] = [];
  const add = (node: ts.Node, after: string) => {
    const [start, end] = [node.getStart(file), node.getEnd()];
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    found.push({
      start,
      end,
      before: text.slice(start, end).replaceAll(/\s+/g, " ").slice(0, 80),
      after,
      line,
    });
  };
  const visit = (node: ts.Node): void => {
    if (isAboutWords(node)) return;
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) add(node, ";");
    if (ts.isIfStatement(node)) add(node.expression, "false");
    if (ts.isBinaryExpression(node)) {
      const opposite = opposites.get(node.operatorToken.kind);
      if (opposite) add(node.operatorToken, opposite);
    }
    if (ts.isConditionalExpression(node)) add(node.condition, `!(${node.condition.getText(file)})`);
    if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent))
      add(node, `${Number(node.text) + 1}`);
    if (isTableRow(node)) visitRow(node, visit);
    else ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** A row like pointwise("Celu", [12, 28], ...): a name and the versions that changed it. */
function isTableRow(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node)) return false;
  const [name, versions] = node.arguments;
  return (
    name !== undefined &&
    ts.isStringLiteral(name) &&
    versions !== undefined &&
    ts.isArrayLiteralExpression(versions)
  );
}

function visitRow({ arguments: [, , ...rest] }: ts.CallExpression, visit: (node: ts.Node) => void): void {
  rest.forEach(visit);
}

function isAboutWords(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isTemplateExpression(node)) return true;
  if (ts.isThrowStatement(node)) return true;
  const isMember = ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node);
  if (isMember && tables.has(node.name.getText())) return true;
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return false;
  return words.has(node.expression.getText().split(".").at(-1) ?? "");
}
