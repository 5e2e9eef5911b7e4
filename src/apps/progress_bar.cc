#include "apps/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace meridian::apps {
namespace {

constexpr Duration kRedraw = std::chrono::milliseconds(50);  // of the bar on a terminal
constexpr Duration kLine = std::chrono::seconds(2);          // between lines elsewhere

}  // namespace

ProgressBar::ProgressBar(const Clock& clock, std::string what, std::size_t total)
    : clock_(clock),
      what_(std::move(what)),
      total_(total),
      started_(clock.monotonic()),
      drawn_(started_),
      terminal_(isatty(STDERR_FILENO)) {
  if (terminal_) draw(false);
}

ProgressBar::~ProgressBar() {
  draw(true);
}

void ProgressBar::advance(std::size_t by) {
  done_ = std::min(total_, done_ + by);
  if (clock_.monotonic() - drawn_ >= (terminal_ ? kRedraw : kLine)) draw(false);
}

void ProgressBar::draw(bool last) {
  drawn_ = clock_.monotonic();
  double seconds = std::chrono::duration<double>(drawn_ - started_).count();
  double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string numbers = fmt::format("{}/{}  {:.0f}/s", done_, total_, rate);
  if (!terminal_) {
    fmt::print(stderr, "{}: {}{}\n", what_, numbers, last ? fmt::format("  {:.1f} s", seconds) : "");
    return;
  }
  constexpr std::size_t kWidth = 30;
  std::size_t filled = total_ ? done_ * kWidth / total_ : kWidth;
  std::string bar(filled, '#');
  bar.append(kWidth - filled, '.');
  fmt::print(stderr, "\r{} [{}] {}{}\x1b[K{}", what_, bar, numbers,
             last ? fmt::format("  {:.1f} s", seconds) : "", last ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace meridian::apps
