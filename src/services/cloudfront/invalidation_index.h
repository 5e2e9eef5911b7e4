// The invalidations of a distribution, in the order in which they came, without reading them all: a thousand
// are kept, each of up to three thousand paths, and a purge is to cost the same whatever was purged before.
// Rule: rows change in the transaction that changes the invalidations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/stored.h"
#include "services/cloudfront/resources.h"
#include "store/store.h"

namespace meridian::services::cloudfront {

inline constexpr std::size_t kInvalidationsKept = 1000;  // of a distribution

std::string invalidations_prefix(std::string_view account, std::string_view distribution);
// Of the rows here.
std::string invalidation_index_prefix(std::string_view account, std::string_view distribution);
bool is_wildcard(std::string_view item);

class InvalidationIndex {
 public:
  // Not known to be completed.
  struct Open {
    std::string id;
    std::size_t paths = 0, wildcards = 0;
    store::Revision created = 0;  // 0: not known yet
    bool operator==(const Open&) const = default;
  };

  // Versions before kept none: it is made of what is there.
  static aws::Outcome<InvalidationIndex> read(store::Store& store, std::string_view account,
                                              std::string_view distribution);

  // Whose caller reference this was.
  aws::Outcome<std::optional<std::string>> find(std::string_view reference) const;
  // Forgets of open() what is completed: `serves` takes the revision that made it.
  template <typename Serves>
  aws::Outcome<void> settle(Serves serves) {
    TRY(learn_revisions());
    std::erase_if(open_, [&](const Open& each) { return serves(each.created); });
    return {};
  }
  const std::vector<Open>& open() const { return open_; }

  void add(const InvalidationResource& made);
  // Drops the oldest where too many are kept, once they are completed.
  aws::Outcome<void> make_room();
  void write(store::Transaction& transaction);

 private:
  InvalidationIndex(store::Store& store, std::string_view account, std::string_view distribution);
  aws::Outcome<void> read_head(const store::KeyValue& head);
  aws::Outcome<void> make();
  aws::Outcome<void> learn_revisions();
  aws::Outcome<bool> drop_oldest();  // false: it is still in progress
  std::string head_key() const { return index_prefix_ + "head"; }
  std::string order_key(std::uint64_t number) const;
  std::string reference_key(std::string_view reference) const;

  store::Store& store_;
  const std::string prefix_, index_prefix_;
  store::Revision head_modified_ = 0;
  std::uint64_t first_ = 0, next_ = 0;  // numbers of what is kept: [first, next)
  std::vector<Open> open_;
  store::Transaction changes_;
};

}  // namespace meridian::services::cloudfront
