/* emoticons.c: faces drawn in ASCII, each brought to one spelling: ":-)" "=]" ":))" -> ":)". */
#include "text/tokens.h"

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The mouth in its one spelling; 0: not a mouth. */
static char mouth_of(char c) {
  switch (c) {
  case ')': case ']': case '}': case '>': return ')';
  case '(': case '[': case '{': case '<': case 'c': case 'C': return '(';
  case 'D': case 'd': return 'D';
  case 'P': case 'p': case 'b': return 'P';
  case '/': case '\\': return '/';
  case 'o': case 'O': case '0': return 'o';
  case '|': case '*': case '3': case '$': case '@': return c;
  case 's': case 'S': return '/';
  case 'x': case 'X': case '#': return 'x';
  default: return 0;
  }
}

/* [>] eyes [tear] [nose] mouth…; returns the bytes. */
static size_t upright(const char *text, size_t bytes, bool after_word, char *to, bool *repeated) {
  size_t at = 0, out = 0;
  if (text[0] == '>' && bytes > 2) to[out++] = text[at++];
  if (text[at] != ':' && text[at] != ';' && text[at] != '=') return 0;
  bool equals = text[at] == '=';
  to[out++] = text[at] == ';' ? ';' : ':';
  at++;
  if (at < bytes && (text[at] == '\'' || text[at] == ',') && at + 1 < bytes) {
    if (text[at + 1] != ')' && text[at + 1] != '(' && text[at + 1] != '-' && text[at + 1] != 'D')
      return 0;
    to[out++] = '\'';
    at++;
  }
  if (at < bytes && (text[at] == '-' || text[at] == '^' || text[at] == '~' ||
                     (text[at] == 'o' && at + 1 < bytes && (text[at + 1] == ')' || text[at + 1] == '('))))
    at++;
  if (at >= bytes) return 0;
  char raw = text[at], mouth = mouth_of(raw);
  if (!mouth || (equals && (is_word(raw) || raw == '>' || raw == '<' || raw == '*') && raw != 'D' && raw != 'P'))
    return 0;
  size_t first = at;
  while (at < bytes && text[at] == raw) at++;
  bool bracket = mouth == ')' || mouth == '(';
  if (at - first > 1 && (!bracket && raw != 'D' && raw != 'P')) return 0; /* "://" */
  if (is_word(raw) && at < bytes && is_word(text[at])) return 0;          /* ":pear" */
  if (after_word && !(raw == ')' || raw == '(')) return 0;                /* "10:30" "a:b" */
  to[out++] = mouth;
  to[out] = 0;
  *repeated = at - first > 1;
  return at;
}

static const struct { const char *text, *spelling; } literals[] = {
    {"</3", "</3"}, {"<3", "<3"},   {"^_^", "^_^"}, {"^-^", "^_^"}, {"^.^", "^_^"}, {"^^", "^_^"},
    {"-_-", "-_-"}, {"-.-", "-_-"}, {"-__-", "-_-"}, {">_<", ">_<"}, {">.<", ">_<"}, {"o_o", "o_o"},
    {"O_O", "o_o"}, {"o_O", "o_o"}, {"O_o", "o_o"}, {"o.O", "o_o"}, {"O.o", "o_o"}, {"T_T", "T_T"},
    {"T-T", "T_T"}, {"T.T", "T_T"}, {"t_t", "T_T"}, {";_;", "T_T"}, {"Q_Q", "T_T"}, {"u_u", "u_u"},
    {"\\o/", "\\o/"}, {"D:", "D:"}, {"D=", "D:"},   {"(:", ":)"},   {"(-:", ":)"},  {"):", ":("},
    {")-:", ":("},  {"/s", "/s"},
};

size_t text_emoticon(const char *text, size_t bytes, bool after_word, char spelling[8],
                     bool *repeated) {
  if (bytes < 2) return 0;
  *repeated = false;
  size_t length = upright(text, bytes, after_word, spelling, repeated);
  if (length || after_word) return length;
  for (size_t i = 0; i < BASE_COUNT(literals); i++) {
    length = strlen(literals[i].text);
    if (literals[i].text[0] != text[0] || length > bytes || memcmp(literals[i].text, text, length))
      continue;
    char last = text[length - 1];
    size_t end = length;
    if (last == '3' || last == 'D')
      while (end < bytes && text[end] == last) end++;
    bool reversed = text[0] == '(' || text[0] == ')';
    if (end < bytes && (is_word(text[end]) ? is_word(last) || last == ':' : reversed && text[end] > ' '))
      continue;
    *repeated = end > length;
    strcpy(spelling, literals[i].spelling);
    return end;
  }
  return 0;
}
