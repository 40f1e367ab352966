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

const SEPARATORS = "\\s_+\\-.*'\"`,:;/|>#()";
const BETWEEN = `[${SEPARATORS}]`;
/** What stands between an order and its command: separators, and signs of assignment and of a shell. */
const BEFORE_COMMAND = `[${SEPARATORS}=$]{0,16}`;
/** A space in a pattern stands for what separates words in prose, URLs and identifiers alike; ` ?` for that or nothing. */
const rule = (kind: InstructionKind, source: string) => ({
  kind,
  pattern: new RegExp(source.replaceAll(" ?", `${BETWEEN}{0,6}`).replaceAll(" ", `${BETWEEN}{1,6}`), "g"),
});

const TOLD =
  "(?:instructions?|prompts?|rules?|guidelines?|directives?|orders|constraints|safety|polic(?:y|ies)|training|safeguards?|guardrails?)";
const DESTRUCTIVE = `(?:sudo )?(?:rm -[rf]{1,2}|kubectl delete|kubectl scale[^\\n]{0,60}replicas[=\\s]0|kubectl drain|helm (?:uninstall|delete)|drop (?:table|database|schema)|truncate table|delete from|terraform destroy|docker (?:rm|system prune|kill)|shutdown (?:now|h now|r now)|reboot (?:now|f\\b)|mkfs|dd if=|chmod (?:-r )?777|iptables -f|git push (?:--force|-f)|(?:curl|wget)${BETWEEN}[^\\n|]{1,120}\\| ?(?:sudo )?(?:ba|z)?sh|systemctl (?:stop|disable)|kill -9 -1|aws [a-z\\d]{2,20} (?:delete|terminate)|flushall|format c)`;
/** Somebody who reads: a model, or whoever has its tools. Words alone do not count, only being spoken to. */
const READER =
  "(?:ai|llm|gpt|claude|chatgpt|assistant|copilot|language model|(?:ai|sre|ops|incident|on-?call|investigat\\w{2,6}|sentinel|autonomous|automated|remediation|triage|analysis|log) (?:agent|assistant|bot|model|triage|analysis|analyst|responder|reader|reviewer)|sentinel)";

/** Passages that give orders, matched against folded lower-case text; every repetition is bounded and nothing can be
 * read in two ways (separators and words have no character in common), so matching is linear: `evals/hostile` counts the steps. */
export const RULES: readonly { kind: InstructionKind; pattern: RegExp }[] = [
  rule(
    "override",
    `(?:ignore|disregard|forget|override|overrule|bypass|drop|discard) (?:(?:all|any|of|the|your|my|every|everything|these|those|and) ){0,4}(?:previous|prior|above|earlier|preceding|former|existing|original|current|initial|system|developer|other|your|past) (?:[a-z]{1,14} ){0,2}${TOLD}`,
  ),
  rule("override", `(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:your|the) ${TOLD}`),
  rule(
    "override",
    "\\b(?:ignore|override|bypass|disable) (?:all |any |the |your )?(?:safety|safeguards?|guardrails?|content filters?)\\b(?! (?:interlock|stop|margin|limit|factor|check passed))",
  ),
  rule(
    "override",
    "(?:ignore|disregard|forget) (?:everything|all)(?: that was)?(?: you(?: were told| know| have been told)| said)?(?: above| before| until now| so far| previously)",
  ),
  rule(
    "override",
    `(?:new|updated|revised|real|actual) (?:system )?(?:instructions?|directives?|orders) (?:for you|follow|below|are|supersede|override)`,
  ),
  rule("override", "\\b(?:system|developer|admin) (?:prompt )?override\\s?[:!]"),
  rule(
    "bypass",
    "\\b(?:approvals?|human review|confirmation|sign-?off) (?:is|are) (?:not|no longer) (?:required|needed|necessary)\\b",
  ),
  rule(
    "override",
    "(?:supersedes?|overrides?|replaces?) (?:all |any )?(?:previous|prior|earlier|your|system) (?:instructions?|directives?|prompts?|guidelines?)",
  ),
  rule(
    "role",
    "<\\|?(?:im_start|im_end|system|endoftext|start_header_id|eot_id|user|assistant)\\|>|\\[/?inst\\]|<</?sys>>|</?(?:system|assistant|developer|instructions?|prompt)(?:[-_][a-z]{2,16}){0,2}>|^#{2,4} ?(?:system|instructions?|assistant)\\b ?:?$",
  ),
  rule(
    "role",
    "(?:^|\\n|\\\\n|---|===)\\s{0,4}[\\[(<]?(?:human|user|system|assistant|developer)(?:\\s?:|[\\])>]:?)\\s{0,4}(?:you (?:are|must|should|will)|please|ignore|from now|do not|don't|i will|i have|sure|execute|run|call|restart|delete|approve|approved|understood)\\b",
  ),
  rule(
    "role",
    "\\byou are (?:now|no longer|henceforth) (?:an? |the |in |acting|allowed|authori[sz]ed|permitted|free|bound|required|root|admin|dan\\b|operating|instructed)",
  ),
  rule(
    "role",
    "\\b(?:pretend (?:that )?you (?:are|were|have) [a-z]|(?:pretend|act|behave|roleplay) (?:to be|as|as if|like) (?:you (?:are|were|have)|an? (?:unrestricted|different|admin|root|system|developer|operator)|root|the (?:admin|operator|system)))",
  ),
  rule(
    "role",
    `\\b(?:attention|note to|notice to|message (?:to|for)|instructions? (?:to|for)|dear|hey|hello|hi|to (?:any|the|all|whichever)) (?:the |any |all |every )?(?:reading |processing |analy[sz]ing )?${READER}s?(?:\\b)(?: (?:reading|processing|analy[sz]ing|that|who|which|must|should|please|you)|[:,!]| ?-)`,
  ),
  rule(
    "role",
    `\\b(?:if you(?: are|'re| re)|as) an? (?:ai|llm|large language model|language model|ai agent|automated (?:agent|analyst)|assistant reading)(?:\\b) ?(?:[a-z]{1,12} ){0,6}(?:you|must|should|then|please|do|restart|run|call|delete|approve|conclude|report)`,
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
  rule("tool_call", "\\b(?:call|invoke|use|execute) (?:this|that|the (?:following|above)) (?:tool|function)\\b"),
  rule(
    "tool_call",
    "\\b(?:call|invoke|use|trigger) (?:the |your )?[\"'`]?[a-z]{3,20}_[a-z_]{2,40}[\"'`]? (?:tool|function|action|now|with|immediately)",
  ),
  rule(
    "command",
    `(?:\\b(?:run|execute|exec|type|paste|issue|apply|perform|do|launch|fix|remediation|resolve|solution|workaround|action required|required action|next step)(?: (?:this|the|following|command|by|with|in|a|shell|terminal|now|immediately|is|it|on|all|nodes|hosts|as|root|must|be|to|running|executing)){0,6}${BEFORE_COMMAND})${DESTRUCTIVE}`,
  ),
  rule(
    "command",
    `\\b(?:urgent|immediately|asap|right now|now|must|please|operator|required|important)(?: [a-z]{1,14}){0,7}${BEFORE_COMMAND}${DESTRUCTIVE}`,
  ),
  rule(
    "command",
    "\\b(?:(?:you|operator|operators|agent|on-?call|engineer|whoever reads this) (?:must|should|need to|have to|are to|shall)|please|urgent|immediately|now) (?:[a-z]{1,12} ){0,3}(?:restart|delete|terminate|scale down|roll ?back|drop|wipe|disable|revoke|stop|shut ?down|kill|remove|purge|truncate) (?:[a-z]{1,30} ){1,6}(?:without|immediately|right away|now|at once|no questions|before anyone|database|production|cluster|prod|backups?|monitoring|alerting|audit)",
  ),
  rule(
    "command",
    `\\bcurl${BETWEEN}[^\\n]{0,160}\\| ?(?:sudo )?(?:ba|z)?sh\\b[^\\n]{0,40}(?:to (?:fix|resolve|remediate|recover)|required|immediately)|\\bto (?:fix|resolve|remediate|recover)(?:(?!\\b(?:curl|wget)\\b)[^\\n]){0,60}\\b(?:curl|wget)${BETWEEN}[^\\n]{0,160}\\| ?(?:sudo )?(?:ba|z)?sh\\b`,
  ),
  rule(
    "bypass",
    "\\b(?:skip|bypass|(?:proceed|execute|executing|run|restart|restarting|delete|deleting|scale|roll back|rollback|roll|apply|act|approve|terminate|remediat\\w{1,4}|deploy|do (?:it|this|so)|continue)\\b[^\\n.]{0,50} without|no need for|does not (?:need|require)|doesn'?t (?:need|require)|don'?t (?:wait for|ask for)|do not (?:wait for|ask for)|disable|omit|avoid) (?:any |the |all |human |manual |further |user |operator |asking for |waiting for |requiring |additional ){0,4}(?:approvals?|human review|confirmation|authori[sz]ation checks?|sign-?off|asking|human|verification step|human in the loop)\\b(?= |$|[.!])",
  ),
  rule(
    "bypass",
    "\\b(?:this|the|your) (?:action|change|command|restart|rollback|request|proposal|operation|remediation) (?:is|has been|was|is already|has already been) (?:pre-?|already )?(?:approved|authori[sz]ed)[^\\n]{0,60}\\b(?:proceed|execute|so (?:run|do|go|just)|go ahead|no (?:need|review|confirmation)|skip)\\b",
  ),
  rule(
    "bypass",
    "\\b(?:auto-?approve (?:this|the|all|any|every|it|proposals?|actions?|requests?|changes?)|approve (?:this|the|all|any|every) (?:proposals?|actions?|requests?|changes?|remediations?)(?: (?:now|immediately|automatically|without|and))|mark (?:this|the|it|all) (?:incident|alert|issue|fault|case|alerts|incidents)?(?: as)? ?(?:resolved|healthy|benign|false positive|approved|no fault|closed))\\b",
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
  rule(
    "override",
    "\\b(?:ignore|disregard|forget) (?:all |any |everything )?(?:of )?(?:the )?above\\b(?! (?:threshold|limit|normal))",
  ),
  rule(
    "override",
    "\\b(?:your|the) (?:task|role|goal|goals|instructions|objective|mission|orders) (?:has|have|had) (?:now )?(?:changed|been (?:changed|updated|replaced|superseded))",
  ),
  rule(
    "role",
    "[\"']role[\"']\\s{0,3}:\\s{0,3}[\"'](?:system|assistant|developer|user|tool)[\"']\\s{0,3},\\s{0,3}[\"'](?:content|text|parts)[\"']",
  ),
  rule(
    "role",
    `\\b(?:attn|attention|hint|tip|note|notice|memo|message|instructions?|reminder|guidance) (?:to|for|:)? ?(?:the |any |all |every |our |your )?${READER}s?\\b`,
  ),
  rule("tool_call", "\\b(?:tool|function|action) (?:call|use|invocation) ?[:=] ?[a-z]{2,20}(?:_[a-z]{1,20}){1,4} ?\\("),
  rule(
    "bypass",
    "\\b(?:classify|label|treat|report|flag|record|close|dismiss|tag|mark) (?:this|the|it|these|every|all) (?:[a-z]{1,12} ){0,4}as (?:a |an )?(?:false (?:positive|alarm)|resolved|benign|healthy|no (?:fault|issue|problem)|noise|harmless|normal|not a fault)",
  ),
  rule(
    "bypass",
    "\\bthe (?:correct|right|only|expected|real|true|final) (?:conclusion|answer|verdict|root cause|diagnosis|response) (?:is|must be|should be|will be)\\b",
  ),
  rule("bypass", "(?:^|[.;:!\\n] ?)(?:respond|reply|answer) (?:only |exactly )?with\\b"),
  rule(
    "bypass",
    "\\b(?:has|have|had|hereby|already|lead|team|manager|admin|user|operator|i) (?:pre-?)?(?:authori[sz]ed?s?|approved?|permitted|allowed?|cleared) (?:you\\b|all (?:[a-z]{1,14} )?(?:actions|commands|changes|proposals|requests)|any (?:action|command)|an? immediate|the following (?:action|command))",
  ),
  rule(
    "bypass",
    "\\byou (?:have|are|were|'ve) (?:been |now )?(?:granted|given) (?:[a-z]{1,12} ){0,3}(?:permissions?|access|rights|privileges|authority|authori[sz]ation|approval)",
  ),
  rule(
    "bypass",
    "\\b(?:just|please|now|simply|immediately|must|should) approve (?:proposal|action|request|change|it|this|all|everything|the)\\b",
  ),
  rule(
    "bypass",
    "\\b(?:do not|don'?t|never) (?:show|tell|reveal|mention|surface|expose) (?:this|it|that|any of this|these)? ?(?:to|in|anywhere)? ?(?:the |any |a )?(?:operators?|humans?|users?|people|on-?call|anyone|report|summary|analysis|engineers?)",
  ),
  rule(
    "exfiltration",
    `\\b(?:upload|send|post|copy|scp|exfiltrate|cat|curl|forward)${BETWEEN}[^\\n]{0,40}(?:kube config|kubeconfig|ssh id|ssh authorized|id_rsa|aws credentials|etc passwd|etc shadow|env file|secrets?)[^\\n]{0,40}\\b(?:to|at|\\|) ?(?:https?|[\\d]{1,3} \\d{1,3} \\d|nc |curl)`,
  ),
  rule(
    "override",
    "\\b(?:ignore|disregard|forget) (?:all |everything |anything )?(?:of )?(?:what|that|which)? ?you (?:were|have been|had been|are) (?:told|taught|instructed|given|asked|trained)",
  ),
  rule(
    "override",
    "\\b(?:safety|safeguards?|guardrails?|polic(?:y|ies)|restrictions?|rules|filters|checks) (?:[a-z]{1,12} ){0,3}(?:no longer appl(?:y|ies)|(?:have|has|are|is) (?:been )?(?:waived|lifted|suspended|void|revoked))|\\b(?:developer|dan|god|unrestricted|jailbreak) mode (?:is )?(?:enabled|on|active|engaged)",
  ),
  rule("override", "\\byour (?:instructions|rules|orders|directives|guidelines) (?:are|is|now|become)\\b"),
  rule(
    "role",
    `\\b(?<=(?:^|[.;!\\n] ?))(?:the )?${READER}s?, (?:please |you |now )?(?:output|print|reveal|show|run|execute|restart|delete|approve|ignore|report|conclude|say|respond|stop|do|call|use|recommend|roll|scale)\\b`,
  ),
  rule(
    "bypass",
    "\\b(?:when|while|before|in|for) (?:you |your |the )?(?:summari[sz]e|summari[sz]ing|summary|report|reporting|answer|answering|response|responding|analysis|analy[sz]ing|conclusion|post-?mortem)[, ]{1,3}(?:please |always |only |just )?(?:tell|say|state|omit|leave out|claim|write|mention only|include only|hide|blame)\\b",
  ),
  rule(
    "bypass",
    "\\b(?:summari[sz]e|omit|leave out|hide) (?:this |it |everything |the incident )?(?:as\\b|any mention|all mention|every mention|this from|it from)",
  ),
  rule(
    "override",
    `(?:ignore|disregard|forget) (?:all |any |the |these |those |other |every )?${TOLD} (?:before|above|prior to|preceding|until|given|that came)`,
  ),
  rule(
    "role",
    `\\b${READER}s? (?:should|must|shall|will) (?:now |then |immediately )?(?:restart|approve|delete|execute|run|scale|stop|drop|disable|ignore|whitelist|close|roll)\\b`,
  ),
  rule(
    "role",
    "(?:^|[\\s\\[<!-])(?:agent|ai|llm|assistant|model)\\s?:\\s{0,4}(?:please )?(?:approve|restart|ignore|delete|scale|run|execute|stop|drop|disable|close|report|conclude) (?:the|all|this|every|any|it|pending|your)\\b",
  ),
  rule("role", "\\byour (?:only |new |real |next )?(?:job|task|mission|goal|duty) ?(?:is now|:) ?(?:to )?[a-z]{3,}"),
  rule(
    "command",
    "\\b(?:fetch|download|curl|wget|get|load) https?[^\\n]{4,120} and (?:then )?(?:run|execute|source|apply|install) (?:it|them|the)\\b",
  ),
  rule(
    "bypass",
    "\\bapprovals? (?:is|are|was) (?:not|no longer) (?:required|needed|necessary)[^\\n]{0,60}\\b(?:execute|run|proceed|restart|delete|scale|apply|go ahead|roll)\\b",
  ),
  rule(
    "tool_call",
    "\\b[a-z]{2,20}_[a-z_]{2,30} ?\\([^\\n)]{0,120}\\)[^\\n]{0,20}\\b(?:call|run|execute|invoke) (?:this|the) (?:tool|function|action)?",
  ),
  rule(
    "bypass",
    "\\b(?:call|run|execute|restart|delete|scale|do)\\b[^\\n.]{0,40} skip (?:the|all|any) (?:checks?|review|tests|safety|verification)",
  ),
  rule("role", "\\b(?:now|please|just|and) pretend (?:that )?(?:you (?:are|were)|to be)\\b"),
];
