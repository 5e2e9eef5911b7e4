// Requests of one turn of a loop that look into caches: at its end, together. What a look touches lies in a
// dozen places, each known from the one before, and none of it in the processor's caches where there are many
// objects. So each place is asked for of all requests before the next one of any: their waits for memory are
// one.
#pragma once

#include <vector>

#include "net/loop.h"

namespace meridian::engines::cdn {

class Request;

// Of one loop's thread, which runs no more when this goes.
class Lookups {
 public:
  explicit Lookups(net::Loop& loop) : loop_(loop) {}
  Lookups(const Lookups&) = delete;
  Lookups& operator=(const Lookups&) = delete;

  void add(Request& request);     // it goes on at the turn's end
  void forget(Request& request);  // it ends before that, or as it goes on

 private:
  // What so many touch fits into a processor's second cache, and nearly into its first.
  static constexpr std::size_t kTogetherMax = 16;
  void run();
  void find_apart(std::size_t first, std::size_t until);
  void fetch_ahead(int places, void (Request::*fetch)(int place));
  void run_some(std::size_t first, std::size_t until);

  net::Loop& loop_;
  std::vector<Request*> waiting_, running_;  // null: gone
  std::vector<Request*> apart_;              // of those that run: for whom to fetch ahead
  std::size_t at_ = 0;                       // which of those that run goes on
  bool asked_ = false;                       // for the turn's end
};

}  // namespace meridian::engines::cdn
