// What the tests of awsJson and rpc-v2-cbor send: one value with every kind of member set.
#pragma once

#include "gen/toy_rpc/api.h"
#include "gen/toy_rpc/errors.h"

namespace meridian::aws {

inline SystemTime at_millis(std::int64_t millis) {
  return SystemTime(std::chrono::milliseconds(millis));
}

inline gen::toy_rpc::Everything everything() {
  namespace toy = gen::toy_rpc;
  toy::Everything value;
  value.Bool = false;
  value.Int = -2147483647 - 1;
  value.Long = INT64_MAX;
  value.Float = 0.1F;
  value.Double = -1.0 / 3;
  value.Text = "é\"\\\n😀";
  value.Colour = "green";
  value.Bytes = std::string("\x00\xff\x10", 3);
  value.Time = at_millis(1795235880123);
  value.IsoTime = at_millis(1795235880120);
  value.HttpTime = at_millis(1795235880000);
  value.Texts = std::vector<std::string>{"", "b"};
  value.Times = std::vector<SystemTime>{at_millis(0), at_millis(-1500)};
  value.Leaves = std::vector<toy::Leaf>{{.Name = "a", .Size = 1}, {.Name = "b", .Size = std::nullopt}};
  value.Ints = std::map<std::string, std::int32_t>{{"", 0}, {"x y", -1}};
  value.TextsByName = std::map<std::string, std::vector<std::string>>{{"k", {"1", "2"}}, {"none", {}}};
  value.LeavesByName = std::map<std::string, toy::Leaf>{{"l", {.Name = "z", .Size = -5}}};
  value.Either.emplace().Leaf = toy::Leaf{.Name = "u", .Size = std::nullopt};
  toy::Tree child;
  child.Label = "child";
  value.Tree.emplace().Child = child;
  value.Tree->Children = std::vector<toy::Tree>{child, {}};
  value.Id = "id";
  value.Renamed = "new";
  return value;
}

inline gen::toy_rpc::Conflict conflict() {
  return {.Message = "two of them",
          .Leaves = std::vector<gen::toy_rpc::Leaf>{{.Name = "a", .Size = 3}},
          .Retry = 7};
}

}  // namespace meridian::aws
