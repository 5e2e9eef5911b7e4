// Which datagrams of a batch leave as one train (udp(7), UDP_SEGMENT): those between the same two addresses
// and of one size, with at most one shorter at the end. The network stack is then walked once a train, which
// is most of what an answer costs. Who forwards for many asks from few ports, so trains are long where it
// matters; a datagram that fits nowhere is a train of its own.
//
// Rule: datagrams keep no order among themselves, and none is left out.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace meridian::net {

class DatagramTrains {
 public:
  static constexpr std::size_t kDatagramsMax = 64;      // of a batch; the kernel takes 128 in a train
  static constexpr std::size_t kTrainBytesMax = 65000;  // what an IP packet holds, less headers

  struct Train {
    std::uint16_t size = 0;  // of each datagram but, perhaps, the last
    std::uint8_t begin = 0;  // in order()
    std::uint8_t count = 0;
    std::uint8_t lead = 0;  // one of its datagrams
  };

  // `size(i)`: of datagram i, above 0. `hash(i)`: a small number, equal where `same_flow(i, j)` is true.
  // `size_max`: what is longer goes by itself.
  template <typename Size, typename Hash, typename SameFlow>
  std::span<const Train> plan(std::size_t count, std::size_t size_max, Size&& size, Hash&& hash,
                              SameFlow&& same_flow);
  // The datagrams, train by train.
  std::span<const std::uint8_t> order() const { return order_; }

 private:
  static constexpr std::uint8_t kNone = 0xff;
  static constexpr std::size_t kBuckets = 64;
  struct Draft {
    std::uint32_t bytes = 0;
    std::uint16_t size = 0;
    std::uint8_t count = 0;  // of this size
    std::uint8_t first = 0;
    std::uint8_t tail = kNone;  // the shorter datagram at the end
    std::uint8_t next = kNone;  // in its bucket
  };

  std::array<Draft, kDatagramsMax> drafts_;
  std::array<Train, kDatagramsMax> trains_;
  std::array<std::uint8_t, kDatagramsMax> train_of_, order_;
};

template <typename Size, typename Hash, typename SameFlow>
std::span<const DatagramTrains::Train> DatagramTrains::plan(std::size_t count, std::size_t size_max,
                                                            Size&& size, Hash&& hash, SameFlow&& same_flow) {
  // Which draft a flow and a size had last, and the last draft of a flow, from which `next` leads to the
  // others.
  std::array<std::uint8_t, kBuckets> by_size, by_flow;
  by_size.fill(kNone);
  by_flow.fill(kNone);
  std::uint8_t drafts = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const auto i = static_cast<std::uint8_t>(n);
    const auto bytes = static_cast<std::uint32_t>(size(n));
    const std::size_t flow = hash(n);
    const auto takes = [&](const Draft& draft) {
      return draft.bytes + bytes <= kTrainBytesMax && draft.size <= size_max && same_flow(draft.first, n);
    };
    std::uint8_t& guess = by_size[(flow * 7 + bytes) % kBuckets];
    if (guess != kNone && drafts_[guess].size == bytes && takes(drafts_[guess])) {
      Draft& draft = drafts_[guess];
      draft.bytes += bytes;
      ++draft.count;
      train_of_[n] = guess;
      continue;
    }
    std::uint8_t& last = by_flow[flow % kBuckets];
    std::uint8_t joined = kNone;
    if (bytes <= size_max)
      for (joined = last; joined != kNone; joined = drafts_[joined].next) {
        const Draft& draft = drafts_[joined];
        const bool fits =
            draft.size == bytes || (draft.tail == kNone && (draft.size > bytes || draft.count == 1));
        if (fits && takes(draft)) break;
      }
    if (joined == kNone) {
      drafts_[drafts] = {bytes, static_cast<std::uint16_t>(bytes), 1, i, kNone, last};
      train_of_[n] = guess = last = drafts++;
      continue;
    }
    Draft& draft = drafts_[joined];
    draft.bytes += bytes;
    train_of_[n] = joined;
    if (draft.size == bytes) {
      ++draft.count;
    } else if (draft.size > bytes) {
      draft.tail = i;
    } else {
      draft.tail = draft.first;
      draft.first = i;
      draft.size = static_cast<std::uint16_t>(bytes);
      guess = joined;
    }
  }

  std::uint8_t begin = 0;
  for (std::uint8_t at = 0; at < drafts; ++at) {
    const Draft& draft = drafts_[at];
    const bool has_tail = draft.tail != kNone;
    trains_[at] = {draft.size, begin, 0, draft.first};
    begin = static_cast<std::uint8_t>(begin + draft.count + has_tail);
    if (has_tail) order_[begin - 1] = draft.tail;
  }
  for (std::size_t n = 0; n < count; ++n) {
    Train& train = trains_[train_of_[n]];
    if (drafts_[train_of_[n]].tail != n) order_[train.begin + train.count++] = static_cast<std::uint8_t>(n);
  }
  for (std::uint8_t at = 0; at < drafts; ++at) trains_[at].count += drafts_[at].tail != kNone;
  return {trains_.data(), drafts};
}

}  // namespace meridian::net
