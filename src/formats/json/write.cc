// The JSON writer, and look-up in the tree.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/log.h"
#include "formats/json/json.h"

namespace meridian::json {

namespace {

template <typename Number>
void append_number(std::string& out, Number value) {
  char text[32];
  auto [end, code] = std::to_chars(text, text + sizeof text, value);
  out.append(text, end);
}

template <typename Float>
void append_float(std::string& out, Float value) {
  if (std::isnan(value))
    out += "\"NaN\"";
  else if (std::isinf(value))
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  else
    append_number(out, value);
}

}  // namespace

const Value* Value::find(std::string_view name) const {
  const Object* object = get<Object>();
  if (!object) return nullptr;
  auto field = std::ranges::find(*object, name, &Field::first);
  return field == object->end() ? nullptr : &field->second;
}

void Writer::separate() {
  if (comma_) out_->push_back(',');
  comma_ = true;
}

void Writer::open(char bracket) {
  separate();
  out_->push_back(bracket);
  comma_ = false;
}

void Writer::close(char bracket) {
  out_->push_back(bracket);
  comma_ = true;
}

void Writer::key(std::string_view name) {
  separate();
  append_json_string(*out_, name);
  out_->push_back(':');
  comma_ = false;
}

void Writer::string(std::string_view text) {
  separate();
  append_json_string(*out_, text);
}

void Writer::integer(std::int64_t value) {
  separate();
  append_number(*out_, value);
}

void Writer::unsigned_integer(std::uint64_t value) {
  separate();
  append_number(*out_, value);
}

void Writer::number(double value) {
  separate();
  append_float(*out_, value);
}

void Writer::number(float value) {
  separate();
  append_float(*out_, value);
}

void Writer::boolean(bool value) {
  separate();
  *out_ += value ? "true" : "false";
}

void Writer::null() {
  separate();
  *out_ += "null";
}

void Writer::value(const Value& tree) {
  if (const bool* flag = tree.get<bool>()) return boolean(*flag);
  if (const auto* signed_number = tree.get<std::int64_t>()) return integer(*signed_number);
  if (const auto* unsigned_number = tree.get<std::uint64_t>()) return unsigned_integer(*unsigned_number);
  if (const double* real = tree.get<double>()) return number(*real);
  if (const auto* text = tree.get<std::string>()) return string(*text);
  if (const Array* array = tree.get<Array>()) {
    begin_array();
    for (const Value& element : *array) value(element);
    return end_array();
  }
  if (const Object* object = tree.get<Object>()) {
    begin_object();
    for (const auto& [name, field] : *object) {
      key(name);
      value(field);
    }
    return end_object();
  }
  null();
}

std::string to_text(const Value& tree) {
  std::string out;
  Writer(out).value(tree);
  return out;
}

}  // namespace meridian::json
