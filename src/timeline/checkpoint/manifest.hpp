#pragma once

// Manifest: the database at one commit, as files name it (docs/formats/manifest.md).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk/disk.hpp"
#include "base/result/result.hpp"
#include "storage/checkpoint/table_image.hpp"
#include "timeline/commit/commit_pipeline.hpp"

namespace kodiak::timeline {

// Everything but the tables.
struct ManifestHead {
    OriginId origin;
    uint64_t log_id = 0;
    uint64_t log_from = 0;
    uint64_t seq = 0;
    int64_t last_timestamp = 0;
    uint32_t next_object = 0;
    uint64_t next_file = 1;
    std::map<BranchId, BranchHead> heads;
    uint64_t history_bytes = 0;
    uint64_t history_commits = 0;
    std::vector<std::pair<ObjectId, uint64_t>> row_counters;
    std::vector<storage::SequencePosition> sequences;
};

// The bytes of a manifest file.
std::string encode_manifest(const ManifestHead& head, const std::vector<storage::CapturedTable>& tables);

// Checks magic, version and checksum and reads the head; `tables` is left with the table images that follow.
// kCorruption names `path`; kVersionTooNew.
struct OpenedManifest {
    ManifestHead head;
    uint16_t version = 0;
    uint64_t table_count = 0;
    std::string_view tables;
};
Result<OpenedManifest> decode_manifest(std::string_view bytes, const std::string& path);

// CURRENT: which manifest counts.
// kNotADatabase when the file is not ours, kVersionTooNew for a later directory format.
Result<std::string> read_current(Disk& disk, const std::string& directory);
// Replaces CURRENT durably.
Status write_current(Disk& disk, const std::string& directory, const std::string& manifest_name);
std::string manifest_name(uint64_t number);

// Reads a whole file.
Result<std::string> read_file(Disk& disk, const std::string& path);

}  // namespace kodiak::timeline
