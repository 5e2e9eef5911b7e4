// Progress of long work on standard error: a bar that redraws itself on a terminal, a line every tenth
// elsewhere.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"

namespace meridian::apps {

class ProgressBar {
 public:
  ProgressBar(const Clock& clock, std::string what, std::size_t total);
  ~ProgressBar();
  void advance(std::size_t by);

 private:
  void draw(bool last);
  const Clock& clock_;
  std::string what_;
  std::size_t total_, done_ = 0;
  MonotonicTime started_, drawn_;
  bool terminal_;
};

}  // namespace meridian::apps
