// Trace: what `explain` shows. The same code that answers on the wire fills it, so it cannot tell another
// story; where there is none, the answer path only tests a pointer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/steps/steps.h"

namespace meridian::engines::dns {

class Trace {
 public:
  using Field = steps::Field;
  using Fields = steps::Fields;
  using Step =
      steps::Step;  // like ones' columns stand below each other; deeper by each alias that was followed
  void add(std::string_view what, std::string text, Fields fields = {}) {
    steps_.push_back({what, std::move(text), std::move(fields), depth_});
  }
  void set_depth(std::size_t depth) { depth_ = static_cast<unsigned>(depth); }  // of the steps from now on
  const std::vector<Step>& steps() const { return steps_; }

  std::string to_text() const;  // one line a step, aligned, indented by depth
  std::string to_json() const { return steps::to_json(steps_); }

 private:
  std::vector<Step> steps_;
  unsigned depth_ = 0;
};

}  // namespace meridian::engines::dns
