# SPDX-License-Identifier: MIT
"""Where a release goes."""

TARGETS = {"eu": "eu-1.example.com", "nz": "nz-1.example.com"}
