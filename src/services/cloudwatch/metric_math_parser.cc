// The grammar of metric math: OR, AND, comparisons, + -, * /, unary minus, ^, and what stands alone.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "services/cloudwatch/metric_math.h"

namespace meridian::services::cloudwatch {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

class MathParser {
 public:
  explicit MathParser(std::string_view text) : text_(text) {}

  Result<MathExpression> expression() {
    if (text_.size() > MathExpression::kBytesMax)
      return invalid(fmt::format("it has more than {} characters", MathExpression::kBytesMax));
    (void)TRY(binary(0));
    skip_blanks();
    if (at_ != text_.size()) return unexpected();
    return std::move(out_);
  }

 private:
  using Node = MathExpression::Node;
  using Kind = Node::Kind;

  // Of each level, what binds tighter standing behind it; a longer operator before its beginning.
  static constexpr std::size_t kLevels = 5;
  static constexpr std::array<std::array<std::string_view, 6>, kLevels> kOperators{{
      {"||", "OR"},
      {"&&", "AND"},
      {"==", "!=", "<=", ">=", "<", ">"},
      {"+", "-"},
      {"*", "/"},
  }};

  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    const std::size_t end = at_ + token.size();
    if (is_word(token.back()) && end < text_.size() && is_word(text_[end])) return false;
    at_ = end;
    return true;
  }
  std::unexpected<Error> unexpected() const {
    if (at_ >= text_.size()) return invalid("it ends too early");
    return invalid(fmt::format("unexpected '{}' at position {}", text_[at_], at_ + 1));
  }
  Result<std::size_t> add(Node node) {
    if (out_.nodes_.size() == MathExpression::kNodesMax)
      return invalid(fmt::format("it has more than {} parts", MathExpression::kNodesMax));
    out_.nodes_.push_back(std::move(node));
    return out_.nodes_.size() - 1;
  }

  Result<std::size_t> binary(std::size_t level) {
    if (level == kLevels) return unary();
    std::size_t left = TRY(binary(level + 1));
    for (;;) {
      const auto found = std::ranges::find_if(
          kOperators[level], [&](std::string_view token) { return !token.empty() && take(token); });
      if (found == kOperators[level].end()) return left;
      const std::size_t right = TRY(binary(level + 1));
      left = TRY(add({.kind = Kind::Operator, .text = std::string(*found), .operands = {left, right}}));
    }
  }
  Result<std::size_t> unary() {
    if (++depth_ > MathExpression::kDepthMax)
      return invalid(fmt::format("it is nested deeper than {}", MathExpression::kDepthMax));
    std::size_t out = 0;
    if (take("-")) {
      const std::size_t operand = TRY(unary());
      out = TRY(add({.kind = Kind::Negate, .text = "", .operands = {operand}}));
    } else {
      out = TRY(power());
    }
    --depth_;
    return out;
  }
  // 2^-1 and 2^3^2 = 2^9.
  Result<std::size_t> power() {
    const std::size_t base = TRY(operand());
    if (!take("^")) return base;
    const std::size_t exponent = TRY(unary());
    return add({.kind = Kind::Operator, .text = "^", .operands = {base, exponent}});
  }
  Result<std::size_t> operand() {
    if (take("(")) {
      const std::size_t inner = TRY(binary(0));
      if (!take(")")) return unexpected();
      return inner;
    }
    if (take("[")) return list("]", "[]");
    skip_blanks();
    if (at_ == text_.size()) return unexpected();
    const char c = text_[at_];
    if (c == '"' || c == '\'') return quoted(c);
    if (is_digit(c) || c == '.') return number();
    if (!is_word(c)) return unexpected();
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    std::string word(text_.substr(at_, end - at_));
    at_ = end;
    if (take("(")) return list(")", std::move(word));
    // REPEAT and LINEAR of FILL; ids begin with a small letter.
    return add(
        {.kind = is_capital(word[0]) ? Kind::Text : Kind::Name, .text = std::move(word), .operands = {}});
  }
  Result<std::size_t> list(std::string_view end, std::string function) {
    Node call{.kind = Kind::Call, .text = std::move(function), .operands = {}};
    if (!take(end)) {
      do {
        call.operands.push_back(TRY(binary(0)));
      } while (take(","));
      if (!take(end)) return unexpected();
    }
    return add(std::move(call));
  }
  Result<std::size_t> quoted(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) {
      at_ = text_.size();
      return unexpected();
    }
    std::string inside(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return add({.kind = Kind::Text, .text = std::move(inside), .operands = {}});
  }
  Result<std::size_t> number() {
    double value = 0;
    const char* const begin = text_.data() + at_;
    const auto read = std::from_chars(begin, text_.data() + text_.size(), value);
    if (read.ec != std::errc() || !std::isfinite(value)) return unexpected();
    at_ += static_cast<std::size_t>(read.ptr - begin);
    if (at_ < text_.size() && is_word(text_[at_])) return unexpected();
    return add({.kind = Kind::Number, .number = value, .text = "", .operands = {}});
  }

  std::string_view text_;
  std::size_t at_ = 0, depth_ = 0;
  MathExpression out_;
};

Result<MathExpression> MathExpression::parse(std::string_view text) {
  return MathParser(text).expression();
}

std::vector<std::string> MathExpression::names() const {
  std::vector<std::string> out;
  for (const Node& node : nodes_)
    if (node.kind == Node::Kind::Name && std::ranges::count(out, node.text) == 0) out.push_back(node.text);
  return out;
}

bool MathExpression::uses_all_metrics() const {
  return std::ranges::any_of(
      nodes_, [](const Node& node) { return node.kind == Node::Kind::Call && node.text == "METRICS"; });
}

}  // namespace meridian::services::cloudwatch
