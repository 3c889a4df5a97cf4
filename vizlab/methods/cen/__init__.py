"""Channel Exchanging Networks (Wang et al., NeurIPS 2020 and TPAMI 2023)."""
