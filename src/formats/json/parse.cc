// The one place that sees Boost.JSON: its push parser feeds our tree.
// Rule: limits are checked while parsing, before a value is kept.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>
#include <charconv>
#include <cmath>
#include <numeric>

#include "formats/json/json.h"

namespace meridian::json {

namespace {

using BoostError = boost::json::error_code;

// The callbacks have the names and signatures that basic_parser calls.
class TreeBuilder {
 public:
  static constexpr std::size_t max_object_size = Limits::kElementsMax;
  static constexpr std::size_t max_array_size = Limits::kElementsMax;
  static constexpr std::size_t max_key_size = Limits::kBytesMax;
  static constexpr std::size_t max_string_size = Limits::kBytesMax;

  explicit TreeBuilder(const Limits& limits) : elements_left_(limits.elements) {}

  Value take() { return std::move(root_); }
  bool too_many() const { return too_many_; }

  bool on_document_begin(BoostError&) { return true; }
  bool on_document_end(BoostError&) { return true; }
  bool on_array_begin(BoostError& error) { return open(Array(), error); }
  bool on_object_begin(BoostError& error) { return open(Object(), error); }
  bool on_array_end(std::size_t, BoostError& error) { return close(error); }
  bool on_object_end(std::size_t, BoostError& error) {
    drop_all_but_last(*open_.back().value.get<Object>());
    return close(error);
  }
  bool on_string_part(std::string_view part, std::size_t, BoostError&) {
    text_ += part;
    return true;
  }
  bool on_string(std::string_view part, std::size_t, BoostError& error) {
    text_ += part;
    return add(std::exchange(text_, {}), error);
  }
  bool on_key_part(std::string_view part, std::size_t, BoostError&) {
    text_ += part;
    return true;
  }
  bool on_key(std::string_view part, std::size_t, BoostError&) {
    text_ += part;
    open_.back().key = std::exchange(text_, {});
    return true;
  }
  bool on_number_part(std::string_view, BoostError&) { return true; }
  bool on_int64(std::int64_t value, std::string_view text, BoostError& error) {
    if (value == 0 && text.starts_with('-')) return add(-0.0, error);
    return add(value, error);
  }
  bool on_uint64(std::uint64_t value, std::string_view, BoostError& error) {
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) return add(static_cast<std::int64_t>(value), error);
    return add(value, error);
  }
  // Boost 1.81 computes doubles with an error of some units in the last place, so the text is read again. It
  // is whole, because the parser gets its input in one piece.
  bool on_double(double rough, std::string_view text, BoostError& error) {
    double exact = 0;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), exact);
    if (code == std::errc::result_out_of_range) {
      if (std::abs(rough) > 1) {
        error = boost::json::error::exponent_overflow;
        return false;
      }
      exact = 0;
    }
    return add(exact, error);
  }
  bool on_bool(bool value, BoostError& error) { return add(value, error); }
  bool on_null(BoostError& error) { return add(nullptr, error); }
  bool on_comment_part(std::string_view, BoostError&) { return true; }
  bool on_comment(std::string_view, BoostError&) { return true; }

 private:
  struct Open {
    Value value;
    std::string key;
  };

  bool count(BoostError& error) {
    if (elements_left_ > 0) {
      --elements_left_;
      return true;
    }
    too_many_ = true;
    error = boost::json::error::array_too_large;
    return false;
  }
  bool open(Value value, BoostError& error) {
    if (!count(error)) return false;
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close(BoostError&) {
    Value done = std::move(open_.back().value);
    open_.pop_back();
    keep(std::move(done));
    return true;
  }
  template <typename T>
  bool add(T&& value, BoostError& error) {
    if (!count(error)) return false;
    keep(Value(std::forward<T>(value)));
    return true;
  }
  void keep(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Array* array = open_.back().value.get<Array>()) {
      array->push_back(std::move(value));
    } else {
      open_.back().value.get<Object>()->emplace_back(std::move(open_.back().key), std::move(value));
    }
  }
  static void drop_all_but_last(Object& object) {
    std::vector<std::size_t> order(object.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {},
                      [&](std::size_t at) { return std::pair(std::string_view(object[at].first), at); });
    std::vector<bool> dropped(object.size());
    bool any = false;
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (object[order[i - 1]].first != object[order[i]].first) continue;
      dropped[order[i - 1]] = true;
      any = true;
    }
    if (!any) return;
    Object kept;
    for (std::size_t i = 0; i < object.size(); ++i)
      if (!dropped[i]) kept.push_back(std::move(object[i]));
    object = std::move(kept);
  }

  std::size_t elements_left_;
  bool too_many_ = false;
  Value root_;
  std::vector<Open> open_;
  std::string text_;
};

}  // namespace

Result<Value> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return fail(ErrorCode::Limit, "JSON text is too long", ErrorSource::Caller);
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  boost::json::basic_parser<TreeBuilder> parser(options, limits);
  BoostError error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().too_many())
    return fail(ErrorCode::Limit, "JSON text has too many values", ErrorSource::Caller);
  if (error == boost::json::error::too_deep)
    return fail(ErrorCode::Limit, "JSON text is nested too deeply", ErrorSource::Caller);
  if (error) return invalid("malformed JSON: " + error.message());
  if (used < text.size()) return invalid("malformed JSON: text after the value");
  return parser.handler().take();
}

}  // namespace meridian::json
