"""A whole class: its submissions and its roster, the attempts that are kept, and the gradebook made from them."""
