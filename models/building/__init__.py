"""What a build computes besides its streaming statistics: weights, quality, words."""
