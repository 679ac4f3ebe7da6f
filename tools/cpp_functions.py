"""Finds the functions of a C++ source text and their lengths, by counting braces: no compiler, no preprocessor.

Good enough for a house of one style: strings, comments and preprocessor lines are blanked first, then each brace is
judged by the text before it (the head). Lambdas and local classes count as lines of the function that holds them.
"""
import re

RAW_STRING = re.compile(r'R"([^(\s]*)\(')
NAME = re.compile(r'((?:[\w~]+(?:<[^<>]*>)?::)*(?:operator\s*(?:[^\s\w(]+|\(\)|\w+)|~?\w+))\s*\(')
TEMPLATE_PART = re.compile(r'<[^<>]*>')
SCOPE = re.compile(r'(^|\s)(namespace|class|struct|union|enum|extern\s+"")(\s|$)')


def blanked(text):
    """The text with comments, literals and preprocessor lines made of spaces; line breaks stay where they are."""
    out, at, end = [], 0, len(text)

    def skip_to(stop):
        nonlocal at
        out.append(re.sub(r'[^\n]', ' ', text[at:stop]))
        at = stop

    while at < end:
        char = text[at]
        raw = RAW_STRING.match(text, at) if char == 'R' else None
        line_so_far = text[text.rfind('\n', 0, at) + 1:at]
        if text.startswith('//', at):
            skip_to(find(text, '\n', at))
        elif text.startswith('/*', at):
            skip_to(min(end, find(text, '*/', at + 2) + 2))
        elif raw:
            close = f'){raw[1]}"'
            skip_to(min(end, find(text, close, raw.end()) + len(close)))
        elif char == '"' or (char == "'" and not text[at - 1:at].isalnum()):
            stop = at + 1
            while stop < end and text[stop] != char:
                stop += 2 if text[stop] == '\\' else 1
            out.append(char + char)
            at += 1
            skip_to(min(end, stop + 1))
        elif char == '#' and not line_so_far.strip():
            stop = find(text, '\n', at)
            while text[stop - 1] == '\\' and stop < end:
                stop = find(text, '\n', stop + 1)
            skip_to(stop)
        else:
            out.append(char)
            at += 1
    return ''.join(out)


def find(text, wanted, start):
    """Where `wanted` begins at or after `start`; the text's end when nowhere."""
    found = text.find(wanted, start)
    return found if found >= 0 else len(text)


def matching_brace(text, at):
    """The index of the brace that closes the one at `at`; the text's end when it is missing."""
    depth = 0
    for match in re.compile(r'[{}]').finditer(text, at):
        depth += 1 if match[0] == '{' else -1
        if depth == 0:
            return match.start()
    return len(text)


def name_of(head):
    """A function's name as written: Log::append, operator==, TEST(Log, TornTailIsDropped)."""
    test = re.search(r'\b((?:TYPED_)?TEST(?:_[FP])?)\s*\(\s*(\w+)\s*,\s*(\w+)', head)
    if test:
        return f'{test[1]}({test[2]}, {test[3]})'
    name = NAME.search(head)
    return name[1] if name else 'unnamed'


def opens_scope(head):
    """Whether the brace after `head` opens a namespace or a type, whose functions are looked for inside."""
    shorter = TEMPLATE_PART.sub(' ', head)
    while shorter != head:
        head, shorter = shorter, TEMPLATE_PART.sub(' ', shorter)
    return bool(SCOPE.search(head)) and not head.rstrip().endswith(')')


def functions(text):
    """Yields (name, line of the opening brace, lines between the braces) of each function with a body."""
    code = blanked(text)
    at, head_start = 0, 0
    tokens = re.compile(r'[{};]|\b(?:public|private|protected)\s*:')
    while True:
        match = tokens.search(code, at)
        if not match:
            return
        at = match.end()
        if match[0] != '{':
            head_start = at
            continue
        head = code[head_start:match.start()]
        if opens_scope(head):
            head_start = at
            continue
        close = matching_brace(code, match.start())
        after = code[close + 1:close + 200].lstrip()[:1]
        # Braces followed by these initialise a member or a variable; a function's body is followed by neither.
        initialises = head.rstrip().endswith(('=', ',', '(')) or (after and after in ',;){')
        if ')' in head and not initialises:
            line = code.count('\n', 0, match.start()) + 1
            yield name_of(head), line, max(0, code.count('\n', match.start(), close) - 1)
            head_start = close + 1
        at = close + 1
