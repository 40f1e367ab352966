import { decoded, drawnTogether, folded, unescaped, type View, within } from "./instructions-views";

/** A passage that tries to give orders. Offsets are into the text as given. */
export interface InstructionSpan {
  from: number;
  to: number;
  /** The passage as it stands there, length-limited. */
  quote: string;
  kind: InstructionKind;
  /** It was hidden by encoding, spelling or invisible characters. */
  hidden: boolean;
}

export const INSTRUCTION_KINDS = [
  /** Sets aside what the reader was told before. */
  "override",
  /** Pretends to be another speaker of the conversation, or addresses a model. */
  "role",
  /** A call of a tool written as text. */
  "tool_call",
  /** Orders a destructive or unchecked command. */
  "command",
  /** Wants approval, checks or reports skipped, or the conclusion dictated. */
  "bypass",
  /** Wants secrets or the prompt sent or shown. */
  "exfiltration",
] as const;
export type InstructionKind = (typeof INSTRUCTION_KINDS)[number];

/** Text is read up to here; what a model sees is cut far earlier. */
const READ_CHARS = 100_000;
const QUOTE_CHARS = 200;

/** A space in a pattern stands for what separates words in prose, URLs and identifiers alike. */
const rule = (kind: InstructionKind, source: string) => ({
  kind,
  pattern: new RegExp(source.replaceAll(" ", "[\\s_+\\-.*'\"`,:;/|>#()]{1,6}"), "g"),
});

const TOLD =
  "(?:instructions?|prompts?|rules?|guidelines?|directives?|orders|constraints|safety|polic(?:y|ies)|training|safeguards?|guardrails?)";
const DESTRUCTIVE =
  "(?:sudo )?(?:rm -[rf]{1,2}|kubectl delete|kubectl scale[^\\n]{0,60}replicas[= ]0|kubectl drain|helm (?:uninstall|delete)|drop (?:table|database|schema)|truncate table|delete from|terraform destroy|docker (?:rm|system prune|kill)|shutdown|reboot|poweroff|mkfs|dd if=|chmod (?:-r )?777|iptables -f|git push (?:--force|-f)|(?:curl|wget) [^\\n|]{1,120}\\| ?(?:sudo )?(?:ba|z)?sh|systemctl (?:stop|disable)|kill -9 -1|aws [a-z\\d]{2,20} (?:delete|terminate)|flushall|format c)";
/** Somebody who reads: a model, or whoever has its tools. Words alone do not count, only being spoken to. */
const READER =
  "(?:ai|llm|gpt|claude|chatgpt|assistant|copilot|language model|(?:ai|sre|ops|incident|on-?call|investigat\\w{2,6}|sentinel|autonomous|remediation) (?:agent|assistant|bot|model|system)|sentinel|bot)";

const RULES = [
  rule(
    "override",
    `(?:ignore|disregard|forget|override|overrule|bypass|drop|discard) (?:(?:all|any|of|the|your|my|every|everything|these|those|and) ){0,4}(?:previous|prior|above|earlier|preceding|former|existing|original|current|initial|system|developer|other|your|past) (?:[a-z]{1,14} ){0,2}${TOLD}`,
  ),
  rule("override", `(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:your|the) ${TOLD}`),
  rule(
    "override",
    "(?:ignore|disregard|forget) (?:everything|all)(?: that was)?(?: you(?: were told| know| have been told)| said)?(?: above| before| until now| so far| previously)",
  ),
  rule(
    "override",
    `(?:new|updated|revised|real|actual) (?:system )?(?:instructions?|directives?|orders) (?:for you|follow|below|are|supersede|override)`,
  ),
  rule(
    "override",
    "(?:supersedes?|overrides?|replaces?) (?:all |any )?(?:previous|prior|earlier|your|system) (?:instructions?|directives?|prompts?|guidelines?)",
  ),
  rule(
    "role",
    "<\\|?(?:im_start|im_end|system|endoftext|start_header_id|eot_id|user|assistant)\\|>|\\[/?inst\\]|<</?sys>>|</?(?:system|assistant|developer|instructions?|system[_-]?prompt|prompt)>|^#{2,4} ?(?:system|instructions?|assistant)\\b ?:?$",
  ),
  rule(
    "role",
    "(?:^|\\n|\\\\n)\\s{0,4}(?:human|user|system|assistant|developer)\\s?:\\s{0,4}(?:you (?:are|must|should|will)|please|ignore|from now|do not|don't|i will|i have|sure|execute|run|call|restart|delete|approve|approved|understood)\\b",
  ),
  rule(
    "role",
    "\\byou are (?:now|no longer|henceforth) (?:an? |the |in |acting|allowed|authori[sz]ed|permitted|free|bound|required|root|admin|dan\\b|operating|instructed)",
  ),
  rule(
    "role",
    "\\b(?:pretend|act|behave|roleplay) (?:to be|as|as if|like) (?:you (?:are|were|have)|an? (?:unrestricted|different|admin|root|system|developer|operator)|root|the (?:admin|operator|system))",
  ),
  rule(
    "role",
    `\\b(?:attention|note to|notice to|message (?:to|for)|instructions? (?:to|for)|dear|hey|hello|hi|to (?:any|the|all|whichever)) (?:the |any |all |every )?(?:reading |processing |analy[sz]ing )?${READER}s?(?:\\b)(?: (?:reading|processing|analy[sz]ing|that|who|which|must|should|please|you)|[:,!]| ?-)`,
  ),
  rule(
    "role",
    `\\b(?:if you are|as) an? (?:ai|llm|large language model|language model|ai agent|automated (?:agent|analyst)|assistant reading)(?:\\b) ?(?:[a-z]{1,12} ){0,6}(?:you|must|should|then|please|do|restart|run|call|delete|approve|conclude|report)`,
  ),
  rule(
    "role",
    `\\b${READER}s?(?: (?:reading|processing|handling)(?: [a-z]{1,12}){1,4})? (?:must|shall|has to|have to|is instructed to|are instructed to|is required to|should now|should immediately|please) [a-z]{2,14}`,
  ),
  rule("tool_call", '"?(?:tool_calls?|function_call|tool_use|tool_name|invoke_tool)"?\\s{0,3}[:=]\\s{0,3}[\\[{"\']'),
  rule("tool_call", "</?(?:tool_call|function_calls?|tool_use|invoke|tool)(?: name=[^>]{1,60})?>"),
  rule(
    "tool_call",
    '\\{\\s{0,4}"(?:tool|function|action)"\\s{0,3}:\\s{0,3}"[a-z_.\\d-]{2,60}"\\s{0,3},\\s{0,4}"(?:arguments?|args|parameters|params|input|tool_input)"\\s{0,3}:',
  ),
  rule(
    "tool_call",
    '\\{\\s{0,4}"name"\\s{0,3}:\\s{0,3}"[a-z_.\\d-]{2,60}"\\s{0,3},\\s{0,4}"(?:arguments|parameters|tool_input)"\\s{0,3}:',
  ),
  rule(
    "tool_call",
    "\\b(?:call|invoke|use|execute|trigger) (?:the |your )?(?:tool|function|action) [\"'`]?[a-z_]{3,40}",
  ),
  rule(
    "tool_call",
    "\\b(?:call|invoke|use|trigger) (?:the |your )?[\"'`]?[a-z]{3,20}_[a-z_]{2,40}[\"'`]? (?:tool|function|action|now|with|immediately)",
  ),
  rule(
    "command",
    `(?:\\b(?:run|execute|exec|type|paste|issue|apply|perform|do|launch|fix|remediation|resolve|solution|workaround|action required|required action|next step)(?: (?:this|the|following|command|by|with|in|a|shell|terminal|now|immediately|is|it|on|all|nodes|hosts|as|root|must|be|to|running|executing)){0,6} ?[:=\`"'$]{0,4} ?)${DESTRUCTIVE}`,
  ),
  rule(
    "command",
    `\\b(?:urgent|immediately|asap|right now|now|must|please|operator|required|important) (?:[a-z]{1,14} ){0,6}(?:run|execute|paste|apply|do)? ?[:\`"'$]{0,3} ?${DESTRUCTIVE}`,
  ),
  rule(
    "command",
    "\\b(?:(?:you|operator|operators|agent|on-?call|engineer|whoever reads this) (?:must|should|need to|have to|are to|shall)|please|urgent|immediately|now) (?:[a-z]{1,12} ){0,3}(?:restart|delete|terminate|scale down|roll ?back|drop|wipe|disable|revoke|stop|shut ?down|kill|remove|purge|truncate) (?:the |all |every |this |[a-z-]{1,30} ){1,4}(?:without|immediately|right away|now|at once|no questions|before anyone|database|production|cluster|prod|backups?|monitoring|alerting|audit)",
  ),
  rule(
    "command",
    "\\bcurl [^\\n]{0,160}\\| ?(?:sudo )?(?:ba|z)?sh\\b[^\\n]{0,40}(?:to (?:fix|resolve|remediate|recover)|required|immediately)|\\bto (?:fix|resolve|remediate|recover)[^\\n]{0,60}\\b(?:curl|wget) [^\\n]{0,160}\\| ?(?:sudo )?(?:ba|z)?sh\\b",
  ),
  rule(
    "bypass",
    "\\b(?:skip|bypass|without|no need for|does not (?:need|require)|doesn'?t (?:need|require)|don'?t (?:wait for|ask for)|do not (?:wait for|ask for)|disable|omit|avoid) (?:any |the |all |human |manual |further |user |operator |asking for |waiting for |requiring |additional ){0,4}(?:approvals?|human review|confirmation|authori[sz]ation checks?|sign-?off|asking|human|verification step|human in the loop)\\b(?= |$|[.!])",
  ),
  rule(
    "bypass",
    "\\b(?:this|the|your) (?:action|change|command|restart|rollback|request|proposal|operation|remediation) (?:is|has been|was|is already|has already been) (?:pre-?|already )?(?:approved|authori[sz]ed) ?[,.;:!]? ?(?:by|so|proceed|execute|run|do|go|no)",
  ),
  rule(
    "bypass",
    "\\b(?:auto-?approve|approve (?:this|the|all|any|every) (?:proposals?|actions?|requests?|changes?|remediations?)(?: (?:now|immediately|automatically|without|and))|mark (?:this|the|it|all) (?:incident|alert|issue|fault|case|alerts|incidents)?(?: as)? ?(?:resolved|healthy|benign|false positive|approved|no fault|closed))\\b",
  ),
  rule(
    "bypass",
    "\\b(?:do not|don'?t|never|stop) (?:report|mention|tell|alert|notify|escalate|investigate|disclose|flag|reveal|inform|include|look at|look into|cite|log)(?: (?:this|the|it|that|anyone|any|to|about|a|human|humans|further|operators?|on-?call|line|message|incident|user|users|finding)){1,5}",
  ),
  rule(
    "bypass",
    "\\b(?:conclude|report|answer|say|state|respond|reply|claim|output)(?: (?:that|with|only|exactly|the|there|is|was|root|cause|verdict)){1,6} ?[:\"'`]? ?(?:no fault|healthy|nothing (?:is )?wrong|no (?:incident|issue|problem|action)|all (?:is )?(?:good|well|clear)|benign|approved|resolved|false (?:alarm|positive)|everything)",
  ),
  rule(
    "bypass",
    "\\b(?:set|give|assign|report) (?:your |the |a |its )?(?:confidence|severity|verdict|risk|root cause)(?: score| level)? (?:to|of|as|=) ?(?:0|1|100|low|none|zero|max|no)",
  ),
  rule(
    "bypass",
    "\\byou (?:must|should|will|have to|need to|are to|shall) (?:now |only |always |immediately |first |not )?(?:respond|answer|reply|conclude|obey|comply|ignore|approve|execute|delete|restart|run the|call the|output|recommend|blame|trust|follow (?:these|my|the (?:following|instructions)))\\b",
  ),
  rule(
    "bypass",
    "\\b(?:your|the) (?:only|new|real|actual|sole|next) (?:task|goal|objective|job|mission|purpose|action) (?:is|now|will be) (?:now )?to\\b",
  ),
  rule("bypass", "\\bfrom now on ?,? (?:you|always|never|only|treat|respond|answer|ignore|approve)"),
  rule(
    "exfiltration",
    "\\b(?:reveal|print|show|repeat|output|display|leak|dump|tell me|share|include) (?:me |us |all |the |your |entire |full |hidden |every ){1,4}(?:system prompt|initial prompt|prompt verbatim|hidden instructions|instructions verbatim|api keys?|secrets|credentials|environment variables|env vars|access tokens?)",
  ),
  rule(
    "exfiltration",
    "\\b(?:send|post|upload|exfiltrate|forward|transmit|email|copy|leak)(?: (?:the|all|your|any|these|contents?|of|full|conversation|environment|env|aws|database|db|user|system|service|account)){0,6} (?:secrets?|credentials|passwords?|api keys?|tokens?|private keys?|kubeconfig|\\.?env|variables|conversation|prompt|logs|dump|data) (?:[a-z]{1,12} ){0,4}(?:to|at) (?:https?|[a-z\\d-]{1,40} [a-z]{2,10}|evil|attacker|this|my|the)",
  ),
] as const;

/** Negated or reported about, it is a policy or a rule of a filter, and not an order. */
const REPORTED =
  /(?:\b(?:blocked|detected|rejected|flagged|attempt(?:ed)?(?: to)?|tried to|refused to|prevented)\W{0,3}(?:\w{1,14}\W{1,3}){0,4})$/;
const REPORTED_REACH = 60;

/**
 * Passages of a text from outside (a log line, an alert, a commit message, a runbook) that try to give orders to a model or to an
 * operator's tools, in order of place, not overlapping. Empty for ordinary text, errors included: a request to retry,
 * a usage hint or a plain runbook step is no order to override anything.
 *
 * It reads the text as it stands and as it may be meant: escapes and entities undone, look-alike and invisible characters
 * folded, spaced letters drawn together, base64 and hex decoded (the hiding places of OWASP's LLM01 and Greshake et al. 2023).
 * What it finds is shown as a finding and never obeyed; what it misses is still data and cannot act.
 */
export function findInstructions(text: string): InstructionSpan[] {
  const read = text.slice(0, READ_CHARS);
  const plain = read.toLowerCase();
  const spans: InstructionSpan[] = [];
  for (const view of views(read))
    for (const { kind, pattern } of RULES)
      for (const match of view.text.matchAll(pattern)) {
        if (match[0] === "" || isReported(view.text, match.index)) continue;
        const from = view.from[match.index]!;
        const to = view.to[match.index + match[0].length - 1]!;
        spans.push({
          from,
          to,
          quote: read.slice(from, Math.min(to, from + QUOTE_CHARS)),
          kind,
          hidden: !plain.slice(from, to).includes(match[0].trim()),
        });
      }
  return apart(spans);
}

const isReported = (text: string, at: number): boolean =>
  REPORTED.test(text.slice(Math.max(0, at - REPORTED_REACH), at));

function views(text: string): View[] {
  const all: View[] = [folded(text)];
  for (const inner of [unescaped(text), drawnTogether(text), ...decoded(text)])
    if (inner !== null) {
      all.push(within(inner, folded(inner.text)));
      // One more layer: base64 in a query string.
      for (const deeper of decoded(inner.text)) all.push(within(inner, within(deeper, folded(deeper.text))));
    }
  return all;
}

/** Overlapping spans as one: the widest reach, the first kind. */
function apart(spans: InstructionSpan[]): InstructionSpan[] {
  const out: InstructionSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = out.at(-1);
    if (last === undefined || span.from >= last.to) out.push(span);
    else last.hidden &&= span.hidden;
  }
  return out;
}
