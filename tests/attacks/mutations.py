"""What `make attack-mutations` takes out, one at a time, and which tests must then fail.

Each text must occur exactly once in its file; `test_rows.py` sees to it, so that these lists keep up with the code.
"""

from tests.attacks.key_mutations import KEY_MUTATIONS
from tests.attacks.message_mutations import MESSAGE_MUTATIONS
from tests.attacks.site_mutations import SITE_MUTATIONS

MUTATIONS = [*KEY_MUTATIONS, *MESSAGE_MUTATIONS, *SITE_MUTATIONS]
