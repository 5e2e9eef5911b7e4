// Trace: what `explain http` shows of a request. The steps themselves are the engine's own: each is told
// after it was taken, from what it has settled and by the rules that settled it, so no other story can be
// told. Rule: without a trace a step pays for it with one look at a pointer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/steps/steps.h"

namespace meridian::engines::cdn {

class Trace {
 public:
  // Whether origins may be asked, and their answers kept.
  enum class Origins : std::uint8_t { Spared, Asked };
  explicit Trace(Origins origins) : origins_(origins) {}
  bool may_ask() const { return origins_ == Origins::Asked; }

  using Field = steps::Field;
  using Fields = steps::Fields;
  using Step = steps::Step;  // of depth 1: of the page that stands for an error
  void add(std::string_view what, std::string text, Fields fields = {}) {
    steps_.push_back({what, std::move(text), std::move(fields), depth_});
  }
  void add_lines(std::string_view what, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) add(what, line);
  }
  void begin_page() { depth_ = 1; }
  bool in_page() const { return depth_ > 0; }
  const std::vector<Step>& steps() const { return steps_; }

  // Each step's name once, its lines beside it, broken between words to fit a terminal of kColumns.
  static constexpr std::size_t kColumns = 80;
  std::string to_text() const;
  std::string to_json() const { return steps::to_json(steps_); }

 private:
  Origins origins_;
  std::vector<Step> steps_;
  unsigned depth_ = 0;
};

}  // namespace meridian::engines::cdn
