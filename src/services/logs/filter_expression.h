// What the two structured filter patterns, of JSON and of columns, have in common: conditions on a value,
// joined by && and || and parentheses. Rule: text from outside is refused with a reason; depth is bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/logs/filter_regex.h"

namespace meridian::services::logs {

inline constexpr std::size_t kFilterDepthMax = 32;
inline constexpr std::size_t kFilterRegexesMax = 2;  // of one structured pattern

// Reads a pattern from its beginning; blanks between words do not count.
class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {}
  std::size_t position() const { return position_; }
  bool at_end();
  // The next characters, when they are these.
  bool take(std::string_view what);
  bool take_word(std::string_view what);  // upper or lower case, and nothing that goes on with it
  char next() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  template <typename Allowed>
  std::string_view take_while(Allowed allowed) {
    const std::size_t start = position_;
    while (position_ < text_.size() && allowed(text_[position_])) ++position_;
    return text_.substr(start, position_ - start);
  }
  Result<std::string> quoted(char quote);    // behind the opening quote; a backslash keeps what follows
  Result<std::string_view> until_percent();  // behind the opening percent sign
  std::unexpected<Error> expected(std::string_view what) const;
  void skip_blanks();

  std::size_t depth = 0, regexes = 0;  // so far

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

std::optional<long double> parse_number(std::string_view text);

// "= 4*", "> 1000", "!= %regex%"
class Condition {
 public:
  static Result<Condition> parse(PatternReader& in);
  // Of a value, and the number that it is, if it is one.
  bool holds(std::string_view text, const std::optional<long double>& number) const;

 private:
  enum class Operator { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual };
  bool equals(std::string_view text, const std::optional<long double>& number) const;

  Operator operator_ = Operator::Equal;
  std::string text_;  // without the asterisks
  bool any_before_ = false, any_behind_ = false;
  std::optional<long double> number_;
  std::optional<FilterRegex> regex_;
};

// A tree of leaves.
template <typename Leaf>
struct Expression {
  enum class Kind { One, And, Or } kind = Kind::One;
  std::optional<Leaf> leaf;
  std::vector<Expression> parts;

  template <typename Holds>
  bool evaluate(const Holds& holds) const {
    if (kind == Kind::One) return holds(*leaf);
    const bool wanted = kind == Kind::Or;  // of one part, which decides
    for (const Expression& part : parts)
      if (part.evaluate(holds) == wanted) return wanted;
    return !wanted;
  }
  template <typename Visit>
  void for_each(const Visit& visit) const {
    if (leaf) visit(*leaf);
    for (const Expression& part : parts) part.for_each(visit);
  }
};

// && binds more tightly than ||. `parse_leaf(in)` reads one leaf.
template <typename Leaf, typename ParseLeaf>
Result<Expression<Leaf>> parse_expression(PatternReader& in, const ParseLeaf& parse_leaf) {
  using Tree = Expression<Leaf>;
  if (++in.depth > kFilterDepthMax) return invalid("A filter pattern has too many parentheses.");
  Tree any{.kind = Tree::Kind::Or, .leaf = {}, .parts = {}};
  do {
    Tree all{.kind = Tree::Kind::And, .leaf = {}, .parts = {}};
    do {
      if (in.take("(")) {
        all.parts.push_back(TRY(parse_expression<Leaf>(in, parse_leaf)));
        if (!in.take(")")) return in.expected("')'");
      } else {
        Leaf leaf = TRY(parse_leaf(in));
        all.parts.push_back(Tree{.kind = Tree::Kind::One, .leaf = std::move(leaf), .parts = {}});
      }
    } while (in.take("&&"));
    any.parts.push_back(std::move(all));
  } while (in.take("||"));
  --in.depth;
  return any;
}

}  // namespace meridian::services::logs
