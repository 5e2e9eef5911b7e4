// A change must cost the same in a large zone as in a small one: it reads the names it touches and nothing
// else.
#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

// Counts what is read from the store behind it.
class CountingStore final : public store::Store {
 public:
  explicit CountingStore(store::Store& behind) : behind_(behind) {}
  Result<store::Revision> commit(store::Transaction transaction) override {
    written += transaction.puts.size() + transaction.deletes.size();
    return behind_.commit(std::move(transaction));
  }
  Result<std::optional<store::KeyValue>> get(std::string_view key, store::Revision at) override {
    ++read;
    return behind_.get(key, at);
  }
  Result<store::Range> range(std::string_view prefix, const store::RangeOptions& options) override {
    auto found = behind_.range(prefix, options);
    read += 1 + found->items.size();
    return found;
  }
  store::Revision revision() const override { return behind_.revision(); }
  Result<std::unique_ptr<store::Watch>> watch(std::string prefix, store::Revision from,
                                              std::function<void(const store::EventBatch&)> on_batch,
                                              std::function<void(Error)> on_lost) override {
    return behind_.watch(std::move(prefix), from, std::move(on_batch), std::move(on_lost));
  }
  Result<void> compact(store::Revision revision) override { return behind_.compact(revision); }
  Result<store::LeaseId> grant_lease(Duration ttl) override { return behind_.grant_lease(ttl); }
  Result<void> keep_alive(store::LeaseId lease) override { return behind_.keep_alive(lease); }
  Result<void> revoke_lease(store::LeaseId lease) override { return behind_.revoke_lease(lease); }

  std::size_t read = 0, written = 0;

 private:
  store::Store& behind_;
};

class StoreWork : public ServiceTest {
 protected:
  std::pair<std::size_t, std::size_t> work_of_one_change(const std::string& zone, const std::string& name) {
    CountingStore counted(store_);
    Route53 route53(counted, clock_, random_, acknowledged_);
    api::ChangeResourceRecordSetsRequest input;
    input.HostedZoneId = zone;
    input.ChangeBatch.Changes = {change("CREATE", records(name, "A", {"192.0.2.1"}))};
    EXPECT_TRUE(route53.ChangeResourceRecordSets(call_, input));
    return {counted.read, counted.written};
  }
};

TEST_F(StoreWork, OneChangeCostsTheSameInAnyZone) {
  std::string zone = make_zone_id("example.com");
  for (int i = 0; i < 4; ++i) work_of_one_change(zone, "warm" + std::to_string(i) + ".example.com");
  auto small = work_of_one_change(zone, "first.example.com");
  std::vector<api::Change> changes;
  for (int i = 0; i < 1000; ++i)
    changes.push_back(
        change("CREATE", records("n" + std::to_string(i) + ".example.com", "A", {"192.0.2.1"})));
  ASSERT_TRUE(apply(zone, changes));
  EXPECT_EQ(work_of_one_change(zone, "second.example.com"), small);
  EXPECT_LT(small.first, 20u);
  EXPECT_EQ(small.second, 3u);  // the zone, the record set, the change
}

}  // namespace
}  // namespace meridian::services::route53
