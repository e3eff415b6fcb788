"""Walk with a three-phase gait whose moving foot is placed ahead of the hip in proportion to speed, like an inverted pendulum that catches itself."""
import numpy as np

PUSH_SPEED = 0.38  # tune: [0.25, 0.55]
CRUISE_SPEED = 0.35
LAND_ANGLE = 0.18  # tune: [-0.1, 0.5]
LAND_PER_SPEED = 1.7  # tune: [0.0, 3.0]
LAND_KNEE = 0.3  # tune: [0.0, 0.8]
STEP_ANGLE = -0.3  # tune: [-0.5, 0.0]
SUPPORT_KNEE = 0.1  # tune: [-0.1, 0.5]
HIP_GAIN = 0.9  # tune: [0.3, 2.0]
HULL_GAIN = 1.0  # tune: [0.0, 3.0]
HULL_DAMPING = 3.0  # tune: [0.0, 10.0]
VERTICAL_DAMPING = 7.5  # tune: [0.0, 12.0]
KNEE_GAIN = 2.0
JOINT_DAMPING = 0.125
FOLDED_KNEE = -0.6
PUSH_KNEE = 1.0
PUSH_DONE = 0.88
KNEE_STRETCH_STEP = 0.03

SWING, PUT_DOWN, PUSH_OFF = range(3)


class Policy:
    def __init__(self):
        self.restart()

    def reset(self, seed=None, spaces=None):
        self.restart()

    def restart(self):
        self.phase = SWING
        self.moving = 0
        self.knee_hold = SUPPORT_KNEE

    def act(self, observation):
        s = observation.astype(float)
        hull_angle, hull_rate, speed, climb = s[0:4]
        hip, hip_rate = s[[4, 9]], s[[5, 10]]
        knee, knee_rate = s[[6, 11]], s[[7, 12]]
        contact = s[[8, 13]] > 0.5
        foot_angle = hull_angle + hip + (knee - 1.0) / 2  # of the line from hip to foot, to the vertical
        land_angle = np.clip(LAND_ANGLE + LAND_PER_SPEED * (speed - CRUISE_SPEED), -0.1, 0.7)
        move, support = self.moving, 1 - self.moving
        knee_target = np.zeros(2)

        if self.phase == SWING:
            knee_target[move] = FOLDED_KNEE
            self.knee_hold = min(self.knee_hold + KNEE_STRETCH_STEP, SUPPORT_KNEE)
            knee_target[support] = self.knee_hold
            if foot_angle[support] < STEP_ANGLE:
                self.phase = PUT_DOWN
        if self.phase == PUT_DOWN:
            knee_target[move] = LAND_KNEE
            knee_target[support] = self.knee_hold
            if contact[move]:
                self.phase = PUSH_OFF
                self.knee_hold = min(knee[move], SUPPORT_KNEE)
        pushing = self.phase == PUSH_OFF
        if pushing:
            knee_target[move] = self.knee_hold
            knee_target[support] = PUSH_KNEE
            if knee[support] > PUSH_DONE or speed > PUSH_SPEED:
                self.phase = SWING
                self.moving = support

        turn_hip = np.full(2, HULL_GAIN * hull_angle + HULL_DAMPING * hull_rate)
        if not pushing:
            turn_hip[move] = HIP_GAIN * (land_angle - foot_angle[move]) - JOINT_DAMPING * hip_rate[move]
        turn_knee = KNEE_GAIN * (knee_target - knee) - JOINT_DAMPING * knee_rate - VERTICAL_DAMPING * climb
        action = [turn_hip[0], turn_knee[0], turn_hip[1], turn_knee[1]]
        return np.clip(np.array(action, dtype=np.float32), -1.0, 1.0)
