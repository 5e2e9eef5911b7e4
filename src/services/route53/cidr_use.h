// Which record sets route by which CIDR collection: what a batch reads of collections before it is judged,
// and the index that its transaction keeps, so that a collection or location in use is never taken away.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"
#include "services/route53/change_batch.h"

namespace meridian::services::route53 {

class CidrUse {
 public:
  // Reads the collections that the changes begin to use, as far as the account has them.
  static aws::Outcome<CidrUse> read(store::Store& store, std::string_view account,
                                    const std::vector<RecordSetChange>& changes);

  const CidrCollections& collections() const { return collections_; }

  // Moves the index from the record sets before a batch to those after it.
  void index(const std::string& zone_id, const RecordSets& before, const BatchOutcome& outcome,
             store::Transaction& transaction) const;

 private:
  CidrCollections collections_;
  std::map<std::string, store::Revision> guards_;  // by collection: the revision of its cidr_use_key()
};

}  // namespace meridian::services::route53
