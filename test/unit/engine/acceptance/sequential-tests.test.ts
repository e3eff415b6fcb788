/** Our sequential test, and the one that it is measured against, keep to the same contract. */
import { bettingTest } from '../../../../packages/engine/src/acceptance/betting-test';
import { pairedTTest } from '../../../fixtures/returns/paired-t-test';
import { describeSequentialTest } from './sequential-test-suite';

describeSequentialTest('the test by betting', bettingTest);
describeSequentialTest('the paired t-test', pairedTTest);
