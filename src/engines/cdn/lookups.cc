#include "engines/cdn/lookups.h"

#include <algorithm>

#include "engines/cdn/request.h"

namespace meridian::engines::cdn {

void Lookups::add(Request& request) {
  waiting_.push_back(&request);
  if (std::exchange(asked_, true)) return;
  loop_.at_turn_end([this] { run(); });
}

void Lookups::forget(Request& request) {
  if (at_ < running_.size() && running_[at_] == &request)
    running_[at_] = nullptr;
  else
    for (auto* list : {&running_, &waiting_}) std::replace(list->begin(), list->end(), &request, {});
}

// Who goes on may begin what waited behind it on its connection, which looks in this turn, too.
void Lookups::run() {
  while (!waiting_.empty()) {
    running_.swap(waiting_);
    for (std::size_t first = 0; first < running_.size(); first += kTogetherMax)
      run_some(first, std::min(first + kTogetherMax, running_.size()));
    running_.clear();
  }
  asked_ = false;
}

// What the request before it is going to touch, too, is on its way; and one alone waits for no memory but its
// own.
void Lookups::find_apart(std::size_t first, std::size_t until) {
  apart_.clear();
  for (std::size_t i = first; i < until; ++i)
    if (running_[i] && (apart_.empty() || running_[i]->key() != apart_.back()->key()))
      apart_.push_back(running_[i]);
  if (apart_.size() < 2) apart_.clear();
}

void Lookups::fetch_ahead(int places, void (Request::*fetch)(int place)) {
  for (int place = 0; place < places; ++place)
    for (Request* const each : apart_) (each->*fetch)(place);
}

void Lookups::run_some(std::size_t first, std::size_t until) {
  find_apart(first, until);
  fetch_ahead(Cache::kPlaces, &Request::fetch_look_ahead);
  for (std::size_t i = first; i < until; ++i)
    if (running_[i]) running_[i]->look();
  fetch_ahead(Body::kPlaces, &Request::fetch_reply_ahead);
  Site* site = nullptr;
  for (at_ = first; at_ < until; ++at_) {
    if (!running_[at_]) continue;
    Site& its = running_[at_]->site();
    if (site && site != &its) site->end_turn();
    site = &its;
    running_[at_]->go_on_together();
    if (Request* const left = running_[at_]) left->goes_on_later();
  }
  if (site) site->end_turn();
}

}  // namespace meridian::engines::cdn
