"""What the weights alone say of every latent of a dictionary, whatever it fires on."""

from models.building.logit_effects import dictionary_logit_effects
from models.building.neighbours import decoder_neighbours
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.statistics.summary import Geometry


def weights_geometry(model: LanguageModel, dictionary: Dictionary) -> Geometry:
    """Direct logit effects and decoder neighbours of every latent."""
    effects = dictionary_logit_effects(model, dictionary)
    neighbours, cosines = decoder_neighbours(dictionary.W_dec)
    return Geometry(
        effects.promoted_ids,
        effects.promoted_values,
        effects.suppressed_ids,
        effects.suppressed_values,
        neighbours,
        cosines,
        dictionary.W_dec.float().norm(dim=1).cpu().numpy(),
    )
