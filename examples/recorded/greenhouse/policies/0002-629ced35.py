"""Measure the air's own drift at each step, then heat so that the next step is just above 18 degrees and vent so that it stays below 24."""
import numpy as np

COLD_LIMIT = 18.05  # tune: [17.9, 18.5]
WARM_LIMIT = 23.7  # tune: [22.5, 24.1]
DEGREES_BY_FULL_HEAT = 2.2  # tune: [1.5, 3.5]
DEGREES_BY_SUN = 1.8  # tune: [0, 4]
VENT_EXCHANGE = 0.09  # tune: [0.03, 0.3]
DRIFT_LEARNING = 0.8  # tune: [0.2, 1]
HUMID_LIMIT = 84.0  # tune: [80, 88]
VENT_PER_PERCENT = 0.1  # tune: [0.01, 0.5]
WALL_LOSS = 0.025


class Policy:
    def reset(self, seed=None, spaces=None):
        self.last = None
        self.drift = 0.0

    def act(self, observation):
        temperature = float(observation["air"]["temperature"][0])
        humidity = float(observation["air"]["humidity"][0])
        outside = float(observation["outside"][0])
        sun = float(observation["sun"][0])

        if self.last is None:
            self.drift = WALL_LOSS * (outside - temperature)
        else:
            last_temperature, last_sun, last_effect = self.last
            measured = temperature - last_temperature - last_effect
            self.drift += DRIFT_LEARNING * (measured - self.drift)
            self.drift += DEGREES_BY_SUN * (sun - last_sun)

        vent_cooling = VENT_EXCHANGE * (temperature - outside)
        next_temperature = temperature + self.drift

        vent_warm = (next_temperature - WARM_LIMIT) / max(vent_cooling, 0.05)
        vent_humid = VENT_PER_PERCENT * (humidity - HUMID_LIMIT)
        vent = min(max(vent_warm, vent_humid, 0.0), 1.0)

        next_temperature -= vent * vent_cooling
        heat = min(max((COLD_LIMIT - next_temperature) / DEGREES_BY_FULL_HEAT, 0.0), 1.0)

        self.last = (temperature, sun, heat * DEGREES_BY_FULL_HEAT - vent * vent_cooling)
        return {"heat": np.array([heat]), "vent": np.array([vent])}
