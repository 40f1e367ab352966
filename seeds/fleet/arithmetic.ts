/** Value of an expression of numbers, + - * / and parentheses. Throws with the position of what it does not understand. */
export function evaluate(expression: string): number {
  let at = 0;
  const peek = () => {
    while (expression[at] === " ") at++;
    return expression[at];
  };
  const fail = (): never => {
    throw new Error(`cannot read the expression at ${at}`);
  };
  function atom(): number {
    const c = peek();
    if (c === "(" || c === "-") {
      at++;
      if (c === "-") return -atom();
      const inner = sum();
      if (peek() !== ")") fail();
      at++;
      return inner;
    }
    const number = /^\d+(\.\d+)?/.exec(expression.slice(at))?.[0] ?? fail();
    at += number.length;
    return Number(number);
  }
  function product(): number {
    let value = atom();
    for (let op = peek(); op === "*" || op === "/"; op = peek()) {
      at++;
      value = op === "*" ? value * atom() : value / atom();
    }
    return value;
  }
  function sum(): number {
    let value = product();
    for (let op = peek(); op === "+" || op === "-"; op = peek()) {
      at++;
      value = op === "+" ? value + product() : value - product();
    }
    return value;
  }
  const value = sum();
  if (peek() !== undefined) fail();
  return value;
}
