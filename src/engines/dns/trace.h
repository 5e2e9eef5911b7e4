// Trace: what `explain` shows. The same code that answers on the wire fills it, so it cannot tell another
// story; where there is none, the answer path only tests a pointer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace meridian::engines::dns {

class Trace {
 public:
  using Value = std::variant<bool, std::int64_t, double, std::string>;
  struct Field {
    std::string_view name;  // a literal, in JSON's way: "set_identifier"
    Value value;
  };
  using Fields = std::vector<Field>;
  struct Step {
    std::string_view what;  // a literal: "zone", "name", "alias", "answer", …
    std::string text;       // tabs divide it into columns, which stand below those of like steps
    Fields fields{};        // what the text says, for programs
    unsigned depth = 0;     // aliases followed so far
  };
  void add(std::string_view what, std::string text, Fields fields = {}) {
    steps_.push_back({what, std::move(text), std::move(fields), depth_});
  }
  void set_depth(std::size_t depth) { depth_ = static_cast<unsigned>(depth); }  // of the steps from now on
  const std::vector<Step>& steps() const { return steps_; }

  std::string to_text() const;  // one line a step, aligned, indented by depth
  std::string to_json() const;  // [{"step": …, "text": …, and the fields}, …]

 private:
  std::vector<Step> steps_;
  unsigned depth_ = 0;
};

}  // namespace meridian::engines::dns
